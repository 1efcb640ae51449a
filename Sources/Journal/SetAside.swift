import Telemetry

/// Readings that a broker does not take, as the journal's folder lists them for whoever looks.
/// They are still in the journal and not settled.
public struct SetAsideRecord: Equatable, Sendable {
    /// The uplink's name.
    public var outlet: String
    /// The queue.
    public var priority: Priority
    /// Which readings.
    public var range: Range<Position>
    /// What the broker said.
    public var reason: String

    /// Readings that are not taken.
    public init(outlet: String, priority: Priority, range: Range<Position>, reason: String) {
        self.outlet = outlet
        self.priority = priority
        self.range = range
        self.reason = reason
    }

    /// `city normal 7:120 to 7:180: not authorized (0x87)`.
    public var line: String {
        "\(outlet) \(priority.name) \(range.lowerBound) to \(range.upperBound): \(reason)"
    }
}

/// The file `set-aside`, one line for each: written when the list changes, gone when it is empty.
enum SetAsideFile {
    static let name = "set-aside"
    /// The most bytes that are read of it.
    static let limit = 64 << 10

    static func write(
        _ records: [SetAsideRecord], in directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) {
        let path = directory + "/" + name
        guard !records.isEmpty else {
            guard try fileSystem.list(directory).contains(name) else { return }
            return try fileSystem.remove(path)
        }
        let text = records.map { $0.line + "\n" }.joined()
        // Who looks meanwhile sees the list as it was.
        let file = try fileSystem.open(path + ".new", create: true)
        try file.truncate(to: 0)
        try file.writeAll(Array(text.utf8), at: 0)
        try file.sync()
        try fileSystem.rename(path + ".new", to: path)
    }

    /// The lines; none if there is no such file.
    static func read(
        in directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> [String] {
        guard let file = try fileSystem.openIfThere(directory + "/" + name) else { return [] }
        let bytes = try file.readAll(count: limit, at: 0)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension ReadingJournal {
    /// Lists what brokers do not take in the journal's folder. It is for people: a disk that does
    /// not take it changes nothing else.
    public func note(setAside records: [SetAsideRecord]) {
        do throws(FileError) {
            try SetAsideFile.write(records, in: directory, fileSystem)
        } catch {
            writing.failed(error, now: clock.latest.instant)
        }
    }
}
