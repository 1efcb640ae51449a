import Frames
import Glibc
import Telemetry

/// What the file `state` says: who this journal is, the last epoch it gave out, and what was
/// settled. Two slots of one page, written in turn, so that a torn write leaves the other.
///
/// ```
///    0  8  magic "ARMSTATE"
///    8  4  version, 1
///   12  4  number of the last epoch given out
///   16  8  journal id
///   24  8  serial: which of the two slots is the newer one
///   32     for the urgent queue, then for the normal one:
///          12  prefix: epoch and sequence before which everything is settled
///           4  believed from: the epoch from which on frames' own words on that are believed
///           4  how many ranges follow (at most 64)
///          24  each: epoch and sequence of its first, and behind its last
///        4  how many counts follow (at most 48)
///       16  each: hash of its name, count
/// 4092  4  CRC32C of bytes 0 to 4091
/// ```
///
/// What is settled is a hint: a stale one only makes readings go out again.
struct JournalState: Equatable {
    /// What is known of one queue.
    struct Queue: Equatable {
        var settled = SettledSet()
        /// Frames of earlier epochs say what was settled before a rewind.
        var believedFrom: UInt32 = 0
    }

    var epoch: Epoch
    var serial: UInt64 = 0
    /// By priority.
    var queues = [Queue](repeating: Queue(), count: Priority.allCases.count)

    /// What is counted across restarts.
    var kept = KeptCounts()

    static let fileName = "state"
    private static let magic: UInt64 = 0x4554_4154_534D_5241
    private static let version: UInt32 = 1
    static let format = PageFormat(magic: magic, version: UInt16(version))

    /// The slot's page.
    func encoded() -> [UInt8] {
        var out = ByteWriter(capacity: Page.size)
        out.put(JournalState.magic)
        out.put(JournalState.version)
        out.put(epoch.number)
        out.put(epoch.journal)
        out.put(serial)
        for queue in queues {
            out.put(queue.settled.prefix)
            out.put(queue.believedFrom)
            out.put(UInt32(queue.settled.ranges.count))
            for range in queue.settled.ranges {
                out.put(range.lowerBound)
                out.put(range.upperBound)
            }
        }
        kept.write(to: &out)
        return out.sealedPage()
    }

    /// Reads a slot's page; nil unless it is whole and known.
    init?(_ page: [UInt8]) {
        do {
            var reader = try ByteReader(sealedPage: page)
            try self.init(reading: &reader)
        } catch {
            return nil
        }
    }

    private init(reading reader: inout ByteReader) throws(Malformed) {
        guard try reader.read() == JournalState.magic,
            try reader.read() == JournalState.version
        else { throw Malformed() }
        let number = try reader.read(UInt32.self)
        epoch = Epoch(journal: try reader.read(), number: number)
        guard epoch.isPlausible else { throw Malformed() }
        serial = try reader.read()
        for index in queues.indices {
            var settled = SettledSet(prefix: try reader.readPosition())
            queues[index].believedFrom = try reader.read()
            for _ in 0..<(try reader.read(UInt32.self)) {
                let (first, end) = (try reader.readPosition(), try reader.readPosition())
                guard first < end else { throw Malformed() }
                settled.insert(first..<end)
            }
            // What has not been given out cannot be settled.
            guard (settled.ranges.last?.upperBound ?? settled.prefix).epoch <= number else {
                throw Malformed()
            }
            queues[index].settled = settled
        }
        kept = try KeptCounts(reading: &reader)
    }

    init(epoch: Epoch) {
        self.epoch = epoch
    }

    /// The newer of the slots that are whole; nil if none is.
    static func newest(of file: any JournalFile) throws(FileError) -> JournalState? {
        var newest: JournalState?
        for slot in 0..<2 {
            let page = try file.readAll(count: Page.size, at: slot * Page.size)
            guard let state = JournalState(page) else { continue }
            if state.serial >= newest?.serial ?? 0 { newest = state }
        }
        return newest
    }
}

/// The file `state`, open and locked: one journal, one process.
struct StateFile {
    private let file: any JournalFile
    /// Whether the journal's folder was made for it.
    private let isFolderNew: Bool

    /// Opens or creates the file and its directory.
    ///
    /// - Throws: The system's refusal; EWOULDBLOCK if another process holds the journal.
    init(in directory: String, _ fileSystem: any FileSystem) throws(FileError) {
        isFolderNew = try fileSystem.createDirectory(directory)
        file = try fileSystem.open(directory + "/" + JournalState.fileName, create: true)
        guard try file.lock() else { throw FileError("flock", file.path, errno: EWOULDBLOCK) }
    }

    func read() throws(FileError) -> JournalState? {
        try JournalState.newest(of: file)
    }

    /// Writes the next serial to the older slot and syncs it. After a failure the next try goes
    /// to the same slot: the other one is the last that is known to be whole.
    func write(_ state: inout JournalState, _ counters: inout DiskCounters) throws(FileError) {
        var next = state
        // Only damage brings it near its end.
        next.serial &+= 1
        counters.willWrite(Page.size)
        try file.writeAll(next.encoded(), at: Int(next.serial % 2) * Page.size)
        try file.sync()
        state = next
    }

    /// Makes a new epoch durable in both slots, one sync each: the loss of either slot cannot
    /// bring an epoch back.
    func begin(
        _ state: inout JournalState, in directory: String, _ fileSystem: any FileSystem,
        _ counters: inout DiskCounters
    ) throws(FileError) {
        for _ in 0..<2 { try write(&state, &counters) }
        // Whoever made the names may have been killed before it made them durable.
        try fileSystem.syncDirectory(directory)
        do throws(FileError) {
            try fileSystem.syncDirectory(parent(of: directory))
        } catch {
            // A folder that this user may not read, or of a file system without fsync: whoever
            // made the journal's folder there has seen to its name. Not if that was here.
            guard !isFolderNew, [EACCES, EINVAL, EROFS].contains(error.errno) else { throw error }
        }
    }

    private func parent(of directory: String) -> String {
        guard let slash = directory.lastIndex(of: "/") else { return "." }
        return slash == directory.startIndex ? "/" : String(directory[..<slash])
    }
}
