import Frames
import Telemetry

/// Counts that survive a restart, such as the pulses of a meter: 16 bytes each in the page of
/// `state`, which is written anyway.
public struct KeptCounts: Equatable, Sendable {
    /// The most counts of one journal: they fit the page.
    public static let limit = 48

    /// By the hash of their names.
    private(set) var counts: [UInt64: UInt64] = [:]
    /// Those that were kept since the start; the others may go for new ones.
    private var alive: Set<UInt64> = []

    /// No counts.
    public init() {}

    /// The count of this name; nil if there is none.
    public func count(named name: String) -> UInt64? {
        counts[Self.key(name)]
    }

    /// Keeps a count. Answers false if there are too many already.
    mutating func keep(_ count: UInt64, named name: String) -> Bool {
        let key = Self.key(name)
        if counts[key] == nil, counts.count >= Self.limit {
            guard let dead = counts.keys.filter({ !alive.contains($0) }).min() else { return false }
            counts[dead] = nil
        }
        alive.insert(key)
        counts[key] = count
        return true
    }

    /// FNV-1a with 64 bits: names that share a key do not occur in one cabinet.
    private static func key(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    public static func == (left: KeptCounts, right: KeptCounts) -> Bool {
        left.counts == right.counts
    }

    // MARK: Format

    func write(to out: inout ByteWriter) {
        out.put(UInt32(counts.count))
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) {
            out.put(key)
            out.put(count)
        }
    }

    init(reading reader: inout ByteReader) throws(Malformed) {
        let number = try reader.read(UInt32.self)
        guard number <= Self.limit else { throw Malformed() }
        for _ in 0..<number {
            let key = try reader.read(UInt64.self)
            counts[key] = try reader.read(UInt64.self)
        }
    }
}

/// Counts are due like readings: what is not written by the commit deadline is lost by a power cut.
extension ReadingJournal {
    /// The counts that were kept, by this run or one before.
    public var keptCounts: KeptCounts { state.kept }

    /// Keeps a count; it is written by the commit deadline, and with what is written before that.
    ///
    /// - Parameter since: When it changed, at the earliest.
    /// - Returns: false if there are too many counts already.
    public func keep(count: UInt64, named name: String, since: Instant) -> Bool {
        let before = state.kept
        guard state.kept.keep(count, named: name) else { return false }
        if keptSince == nil, state.kept != before { keptSince = since }
        return true
    }

    /// When changed counts are to be written; nil if none has changed.
    var keptDue: Instant? { keptSince.map { $0 + options.commitDeadline } }

    /// Writes changed counts.
    func writeKept(now: Instant) {
        guard keptSince != nil else { return }
        do throws(FileError) {
            try makeDurable()
            try writeState()
        } catch {
            writing.failed(error, now: now)
        }
    }
}
