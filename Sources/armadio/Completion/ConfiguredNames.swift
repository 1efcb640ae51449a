import Boards
import Gateway
import Glibc
import Settings

/// The names in the configuration that a command line is about, as far as it can be read.
struct ConfiguredNames {
    /// A configuration that is longer is not looked into while somebody waits for a word.
    private static let fileBytes = 512 << 10

    let profiles: ProfileLibrary
    let boards: BoardLibrary
    private let root: SettingsNode?

    /// Reads the file that the words of a command line name.
    init(words: [String]) {
        profiles = ProfileLibrary(
            folder: Self.value(of: ["--profiles"], in: words) ?? ProfileLibrary.usualFolder)
        boards = BoardLibrary(
            folder: Self.value(of: ["--boards"], in: words) ?? BoardLibrary.usualFolder)
        let path = Self.value(of: ["--config", "-c"], in: words) ?? ConfigurationOption.usualPath
        root = SettingsFile(path: path, limit: Self.fileBytes).root
    }

    /// Devices; a word with a slash is about one of their points.
    func devices(from word: String) -> [String] {
        word.contains("/") ? [] : root?["devices"]?.keys ?? []
    }

    /// Points of the devices that a word may be the beginning of, not much more than are offered.
    func points(from word: String, writable: Bool = false) -> [String] {
        guard let devices = root?["devices"] else { return [] }
        var points: [String] = []
        var known: [String: [(name: String, isWritable: Bool)]] = [:]
        for device in devices.keys where isNear(device, word) {
            guard points.count < Offer.limit else { break }
            guard let node = devices[device] else { continue }
            let profile = node["profile"]?.text
            let named = profile.map { known[$0] ?? profilePoints($0) } ?? []
            if let profile { known[profile] = named }
            points += merged(own(node), named).filter { $0.isWritable || !writable }
                .map { device + "/" + $0.name }
        }
        return points
    }

    var modbusBuses: [String] { buses { bus in bus.keys.contains { $0.hasPrefix("modbus-") } } }
    var i2cBuses: [String] { buses { $0["i2c"] != nil } }

    private func buses(_ isWanted: (SettingsNode) -> Bool) -> [String] {
        guard let buses = root?["buses"] else { return [] }
        return buses.keys.filter { name in buses[name].map(isWanted) ?? false }
    }

    private func isNear(_ device: String, _ word: String) -> Bool {
        word.contains("/") ? word.hasPrefix(device + "/") : device.hasPrefix(word)
    }

    private func own(_ device: SettingsNode) -> [(name: String, isWritable: Bool)] {
        guard let points = device["points"] else { return [] }
        return points.keys.map { ($0, points[$0]?["writable"]?.text == "true") }
    }

    private func profilePoints(_ name: String) -> [(name: String, isWritable: Bool)] {
        guard SettingsFile.isName(name), let text = profiles.text(of: name) else { return [] }
        return SettingsFile(text: text, name: name).root.map(own) ?? []
    }

    /// The device's own points come first; a profile's of the same name is the same point.
    private func merged(
        _ own: [(name: String, isWritable: Bool)], _ profile: [(name: String, isWritable: Bool)]
    ) -> [(name: String, isWritable: Bool)] {
        let names = Set(own.map(\.name))
        let writable = Set(profile.filter(\.isWritable).map(\.name))
        return own.map { ($0.name, $0.isWritable || writable.contains($0.name)) }
            + profile.filter { !names.contains($0.name) }
    }

    /// The last value of an option: `--config FILE`, `--config=FILE`, or what bash makes of that,
    /// `--config`, `=`, `FILE`. A tilde is not the shell's yet.
    private static func value(of names: [String], in words: [String]) -> String? {
        var value: String?
        for (index, word) in words.enumerated() {
            if names.contains(word) {
                var rest = words[(index + 1)...]
                if rest.first == "=" { rest = rest.dropFirst() }
                value = rest.first ?? value
            } else if let name = names.first(where: { word.hasPrefix($0 + "=") }) {
                value = String(word.dropFirst(name.count + 1))
            }
        }
        return value.map(withHome)
    }

    private static func withHome(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
        return String(cString: home) + path.dropFirst()
    }
}
