import Frames
import Telemetry

/// One of those who take readings out of the journal: each has its own cursor, and a reading
/// stays until all of them have settled it.
public struct Outlet: Hashable, Sendable {
    /// The most outlets of one journal.
    public static let limit = 4
    /// The only outlet of a journal that has one.
    public static let first = Outlet(index: 0)

    let index: Int
}

extension JournalQueue {
    /// What an outlet need not be sent any more. With one outlet that is what the journal need
    /// not keep.
    func settled(by outlet: Outlet) -> SettledSet {
        cursors.isEmpty ? store.settled : cursors[min(outlet.index, cursors.count - 1)]
    }

    /// The oldest position that is not settled by an outlet.
    func start(for outlet: Outlet) -> Position {
        guard !cursors.isEmpty else { return start }
        let settled = settled(by: outlet)
        let isOwed = store.isOwed(behind: settled.prefix)
        return settled.firstUnsettled(
            from: isOwed ? settled.prefix : max(settled.prefix, memoryStart))
    }

    /// Takes up that an outlet need not be sent a range any more. What all have settled leaves
    /// memory at once.
    mutating func settle(_ range: Range<Position>, by outlet: Outlet) {
        guard !cursors.isEmpty else { return settle(range) }
        guard range.lowerBound < end else { return }
        let range = range.clamped(to: .start..<end)
        cursors[min(outlet.index, cursors.count - 1)].insert(range)
        for part in SettledSet.common(cursors, in: range) { settle(part) }
    }

    /// Gives each outlet its cursor: all settled by the journal, and what is known of each.
    mutating func adopt(_ cursors: [SettledSet]) {
        guard !cursors.isEmpty else { return self.cursors = [] }
        var joined = cursors
        for index in joined.indices {
            joined[index].insert(through: store.settled.prefix)
            for range in store.settled.ranges { joined[index].insert(range) }
        }
        self.cursors = joined
        for part in SettledSet.common(joined, in: .start..<end) { settle(part) }
        if joined.count == 1 { self.cursors = [] }
    }
}

extension SettledSet {
    /// The parts of a range that all of the sets have settled.
    static func common(_ sets: [SettledSet], in range: Range<Position>) -> [Range<Position>] {
        sets.reduce([range]) { parts, set in parts.flatMap { set.settledParts(of: $0) } }
    }

    /// The parts of a range that are settled.
    func settledParts(of range: Range<Position>) -> [Range<Position>] {
        ([.start..<prefix] + ranges).map { $0.clamped(to: range) }.filter { !$0.isEmpty }
    }
}

extension ReadingJournal {
    /// Goes over to these outlets. One of a name that was there before goes on where it was; a
    /// new one begins with what the journal still has to keep; one that is gone holds nothing.
    ///
    /// - Parameter names: 1 to `Outlet.limit`; further ones are left out.
    public func replaceOutlets(_ names: [String]) {
        let names = Array(names.prefix(Outlet.limit))
        let before = outletCursors()
        let known = before.isEmpty ? storedCursors() : before
        for index in queues.indices {
            let settled = queues[index].store.settled
            queues[index].adopt(names.map { known[$0]?[index] ?? settled })
        }
        outlets = names
        savedCursors = [:]
    }

    /// The outlet of this name; the first if there is none.
    public func outlet(named name: String) -> Outlet {
        Outlet(index: outlets.firstIndex(of: name) ?? 0)
    }

    /// How many readings on disk an outlet has not settled.
    public func unsettledOnDisk(by outlet: Outlet) -> UInt64 {
        queues.reduce(0) { $0.adding($1.store.unsettledCount(beyond: $1.settled(by: outlet))) }
    }

    /// The cursors in use, by the outlets' names; empty while there is only one.
    func outletCursors() -> OutletCursors {
        guard outlets.count > 1, queues.allSatisfy({ !$0.cursors.isEmpty }) else { return [:] }
        var cursors: OutletCursors = [:]
        for (index, name) in outlets.enumerated() {
            cursors[name] = queues.map { $0.cursors[index] }
        }
        return cursors
    }

    /// Whether an outlet would be sent again what it has settled.
    var outletsAreStale: Bool {
        guard outlets.count > 1 else { return hasOutletFile && stateFile != nil }
        return outletCursors().contains { name, cursors in
            queues.indices.contains { index in
                let saved = savedCursors[name]?[index] ?? SettledSet()
                return saved != cursors[index]
                    && queues[index].store.segments.contains { $0.end > saved.prefix }
            }
        }
    }

    private func storedCursors() -> OutletCursors {
        do throws(FileError) {
            let cursors = try OutletFile.read(
                in: directory, fileSystem, journal: state.epoch.journal)
            hasOutletFile = cursors != nil
            return cursors ?? [:]
        } catch {
            // A cursor is a hint: without it, readings go out again.
            reading.failed(error, now: clock.latest.instant)
            return [:]
        }
    }

    /// Writes the outlets' cursors, or removes their file where there is only one outlet.
    func writeOutlets() throws(FileError) {
        let cursors = outletCursors()
        if cursors.isEmpty {
            guard hasOutletFile else { return }
            try OutletFile.remove(in: directory, fileSystem)
            hasOutletFile = false
        } else if cursors != savedCursors {
            try OutletFile.write(
                cursors, in: directory, fileSystem, journal: state.epoch.journal, &counters)
            (hasOutletFile, savedCursors) = (true, cursors)
        }
    }
}

/// What outlets have settled, by their names; of each queue, by priority.
typealias OutletCursors = [String: [SettledSet]]

/// The file `outlets`: what each of several outlets has settled. One page for each outlet, each
/// with its checksum, so that a torn write costs the cursor of one.
///
/// ```
///    0  8  magic "ARMOUTLT"
///    8  4  version, 1
///   12  4  length of the outlet's name (at most 64)
///   16  8  journal id
///   24 64  the outlet's name, in UTF-8
///   88     for the urgent queue, then for the normal one: prefix, number of ranges, ranges, as
///          in `state`
/// 4092  4  CRC32C of bytes 0 to 4091
/// ```
///
/// It is a hint like the cursor in `state`: without it, readings go out again.
enum OutletFile {
    static let name = "outlets"
    static let magic: UInt64 = 0x544C_5455_4F4D_5241
    static let version: UInt32 = 1
    static let format = PageFormat(magic: magic, version: UInt16(version))
    static let nameLimit = 64

    static func write(
        _ cursors: OutletCursors, in directory: String, _ fileSystem: any FileSystem,
        journal: UInt64, _ counters: inout DiskCounters
    ) throws(FileError) {
        let file = try fileSystem.open(directory + "/" + name, create: true)
        let pages = cursors.sorted { $0.key < $1.key }.flatMap { page($0.key, $0.value, journal) }
        counters.willWrite(pages.count)
        try file.writeAll(pages, at: 0)
        try file.truncate(to: pages.count)
        try file.sync()
    }

    /// Removes the file if there is one.
    static func remove(in directory: String, _ fileSystem: any FileSystem) throws(FileError) {
        guard try fileSystem.list(directory).contains(name) else { return }
        try fileSystem.remove(directory + "/" + name)
    }

    private static func page(_ name: String, _ queues: [SettledSet], _ journal: UInt64) -> [UInt8] {
        let text = Array(name.utf8.prefix(nameLimit))
        var out = ByteWriter(capacity: Page.size)
        out.put(magic)
        out.put(version)
        out.put(UInt32(text.count))
        out.put(journal)
        out.put(bytes: text)
        out.pad(to: 24 + nameLimit)
        for settled in queues { out.put(settled) }
        return out.sealedPage()
    }

    /// The cursors that are whole and of this journal; nil if there is no such file.
    static func read(
        in directory: String, _ fileSystem: any FileSystem, journal: UInt64
    ) throws(FileError) -> OutletCursors? {
        guard try fileSystem.list(directory).contains(name) else { return nil }
        let file = try fileSystem.open(directory + "/" + name, create: false)
        var cursors: OutletCursors = [:]
        for index in 0..<Outlet.limit {
            let page = try file.readAll(count: Page.size, at: index * Page.size)
            do throws(Malformed) {
                let (name, queues) = try parse(page, journal)
                cursors[name] = queues
            } catch {
                continue
            }
        }
        return cursors
    }

    private static func parse(
        _ page: [UInt8], _ journal: UInt64
    ) throws(Malformed) -> (String, [SettledSet]) {
        var reader = try ByteReader(sealedPage: page)
        guard try reader.read() == magic, try reader.read() == version else { throw Malformed() }
        let length = Int(try reader.read(UInt32.self))
        guard try reader.read() == journal, length <= nameLimit else { throw Malformed() }
        let text = try reader.take(nameLimit)
        guard let name = String(validating: text.prefix(length), as: UTF8.self) else {
            throw Malformed()
        }
        var queues: [SettledSet] = []
        for _ in Priority.allCases { queues.append(try reader.readSettledSet()) }
        return (name, queues)
    }
}

extension ByteWriter {
    /// Prefix, number of ranges, ranges.
    mutating func put(_ settled: SettledSet) {
        put(settled.prefix)
        put(UInt32(settled.ranges.count))
        for range in settled.ranges {
            put(range.lowerBound)
            put(range.upperBound)
        }
    }
}

extension ByteReader {
    /// What `put` wrote.
    mutating func readSettledSet() throws(Malformed) -> SettledSet {
        var settled = SettledSet(prefix: try readPosition())
        let count = try read(UInt32.self)
        guard count <= SettledSet.rangeLimit else { throw Malformed() }
        for _ in 0..<count {
            let (first, end) = (try readPosition(), try readPosition())
            guard first < end else { throw Malformed() }
            settled.insert(first..<end)
        }
        return settled
    }
}

extension ReadingJournal {
    /// Whether an outlet need not be sent anything of a range any more.
    public func isSettled(
        _ range: Range<Position>, of priority: Priority, by outlet: Outlet
    ) -> Bool {
        self[priority].settled(by: outlet).firstUnsettled(from: range.lowerBound)
            >= range.upperBound
    }

    /// The queue that an epoch of this journal belongs to: each start takes two numbers, so that
    /// they alternate.
    public func priority(ofEpoch number: UInt32) -> Priority {
        let distance = Int64(self[.normal].epoch.number) - Int64(number)
        return distance.isMultiple(of: 2) ? .normal : .urgent
    }
}
