import Buses
import Telemetry

/// What a program's readings say about the points of the configuration.
struct ExecReadings {
    /// What the program's description says of a point.
    enum Standing: Hashable {
        case fine
        /// The program has no such point.
        case unknown
        /// Its values are in another unit.
        case otherUnit(String)

        /// The quality of its readings; nil if they are good.
        var quality: Quality? {
            switch self {
            case .fine: nil
            case .unknown: .notAvailable
            case .otherUnit: .unrepresentable
            }
        }
    }

    /// How old a reading may be, in seconds.
    static let ages = 0.0...3600
    /// The longest value that is a text, in bytes.
    static let longestText = 256

    private let points: [ExecDriver.Point]
    private let channels: [String: Int]
    private(set) var standings: [Standing]

    init(_ points: [ExecDriver.Point]) {
        self.points = points
        channels = Dictionary(
            zip(points.map(\.name), points.indices), uniquingKeysWith: { first, _ in first })
        standings = points.map { _ in .fine }
    }

    /// Compares the program's points with those of the configuration. Returns what differs, in words.
    mutating func describe(_ described: [String: ExecMessage.Description]) -> [String] {
        standings = points.map { point in
            guard let described = described[point.name] else { return .unknown }
            guard let unit = point.unit, let other = described.unit, other != unit.symbol else {
                return .fine
            }
            return .otherUnit(other)
        }
        return zip(points, standings).compactMap { point, standing in
            switch standing {
            case .fine: nil
            case .unknown: "it has no point `\(point.name)`"
            case .otherUnit(let other):
                "its `\(point.name)` is in `\(other.printable(16))`, not `\(point.unit ?? .none)`"
            }
        }
    }

    /// The sample of a reading, and what is wrong with it: one of the two at least.
    func sample(
        of reading: ExecMessage.Reading?, at now: Instant
    ) -> (sample: Sample?, flaw: String?) {
        guard let reading, let name = reading.point else {
            return (nil, "a reading that names no point")
        }
        guard let channel = channels[name] else {
            return (nil, "a reading of `\(name.printable(40))`, which is no point of the device")
        }
        var sample = Sample(channel: channel, value: nil, quality: .corrupt, instant: now)
        if let age = reading.age {
            guard case .double(let seconds) = age.value, Self.ages.contains(seconds) else {
                return (sample, "`\(name)` with an `age` that is not 0 to 3600 s")
            }
            // What was taken before this boot has no time on its clock.
            sample.instant = max(
                Instant(nanoseconds: 0), now - .nanoseconds(Int64(seconds * 1e9)))
        }
        let flaw = fill(&sample, from: reading, name)
        if let quality = standings[channel].quality {
            (sample.value, sample.quality) = (nil, quality)
        }
        return (sample, flaw)
    }

    /// Puts value and quality into the sample. Returns what is wrong with them.
    private func fill(
        _ sample: inout Sample, from reading: ExecMessage.Reading, _ name: String
    ) -> String? {
        if let word = reading.quality, word != Quality.good.name {
            guard let quality = Quality.allCases.first(where: { $0.name == word }) else {
                return "`\(name)` with the quality `\(word.printable(40))`, which is none"
            }
            sample.quality = quality
            return nil
        }
        guard let value = reading.value?.value else { return "`\(name)` without a value" }
        guard Self.fits(value) else {
            sample.quality = .unrepresentable
            return "`\(name)` with a text of more than \(Self.longestText) bytes, "
                + "or with control characters"
        }
        (sample.value, sample.quality) = (value, .good)
        return nil
    }
    /// Whether a value is not too long, nor a text that does something to a terminal.
    static func fits(_ value: Value) -> Bool {
        guard case .string(let text) = value else { return true }
        return text.utf8.count <= longestText
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}
