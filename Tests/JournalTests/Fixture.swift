import Glibc
import Journal
import Telemetry
import Testing

/// A journal in a directory of its own, with a clock that the test moves.
final class Fixture {
    let directory: String
    var points = PointTable()
    var options: JournalOptions
    var now = Instant(nanoseconds: 1_000_000_000)
    var boot = BootID(high: 1, low: 1)
    var quality = ClockQuality.synchronized

    /// Small segments and short deadlines.
    init(_ change: (inout JournalOptions) -> Void = { _ in }) {
        var template = Array("/tmp/journal-XXXXXX\0".utf8CString.dropLast())
        let made = mkdtemp(&template).map { String(cString: $0) }
        directory = made ?? ""
        options = JournalOptions()
        options.segmentBytes = 64 * 1024
        options.maximumBytes = 1 << 20
        change(&options)
    }

    deinit {
        let files = FileTree(directory)
        for path in files.paths { unlink(path) }
        rmdir(directory + "/quarantine")
        rmdir(directory)
    }

    var anchor: ClockAnchor {
        ClockAnchor(
            boot: boot, instant: now,
            wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000 + now.nanoseconds),
            quality: quality)
    }

    func open() throws -> ReadingJournal {
        try ReadingJournal(
            directory: directory, points: points, options: options, anchor: anchor)
    }

    /// Starts anew as another process would: with a point table of its own.
    func reopen() throws -> ReadingJournal {
        points = PointTable()
        return try open()
    }

    /// Readings whose values count up from `first`.
    func readings(_ count: Int, from first: Int = 0, urgent: Bool = false) -> ReadingBatch {
        var batch = ReadingBatch()
        let point = points.intern(
            Point(
                device: "meter", name: urgent ? "door" : "power", unit: Unit(unchecked: "W"),
                isUrgent: urgent))
        for index in 0..<count {
            batch.append(
                point: point ?? PointID(index: 0), value: .int64(Int64(first + index)),
                at: now + .milliseconds(index))
        }
        return batch
    }

    /// So many commits of 100 readings, one page each or a little more. Their values count up from 0.
    func fill(_ journal: ReadingJournal, commits: Int) {
        for round in 0..<commits {
            journal.append(readings(100, from: round * 100), now: now)
            commit(journal)
        }
    }

    /// Lets the commit deadline pass and commits.
    func commit(_ journal: ReadingJournal) {
        now = now + options.commitDeadline
        journal.commitIfDue(anchor: anchor)
    }
}

/// The regular files below a directory, one level deep.
struct FileTree {
    var paths: [String] = []

    init(_ directory: String) {
        guard let stream = opendir(directory) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name != ".", name != ".." else { continue }
            if Int32(entry.pointee.d_type) == Int32(DT_DIR) {
                paths += FileTree(directory + "/" + name).paths
            } else {
                paths.append(directory + "/" + name)
            }
        }
        paths.sort()
    }

    /// The segment files.
    var segments: [String] { paths.filter { $0.hasSuffix(".segment") } }
}

/// Changes bytes of a file in place.
func overwrite(_ path: String, at offset: Int, _ change: (inout [UInt8]) -> Void, count: Int) {
    let descriptor = Glibc.open(path, O_RDWR)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    pread(descriptor, &bytes, count, offset)
    change(&bytes)
    pwrite(descriptor, bytes, count, offset)
}

/// The bytes of a file.
func contents(of path: String) -> ArraySlice<UInt8> {
    let descriptor = Glibc.open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(descriptor, &bytes, bytes.count)
    return bytes[..<max(count, 0)]
}

/// What a receiver got: values by identity, and gaps.
struct Receiver {
    struct Identity: Hashable {
        var epoch: Epoch
        var sequence: UInt64
    }

    var values: [Identity: Reading] = [:]
    var order: [Int64] = []
    var gaps: [(epoch: Epoch, first: UInt64, count: UInt64, reason: GapReason)] = []
    var anchors: [ClockAnchor] = []

    /// Takes everything that there is, of both queues, and settles it if so asked.
    mutating func drain(
        _ journal: ReadingJournal, batch: Int = 100, settling: Bool = true,
        by outlet: Outlet = .first
    ) {
        for priority in Priority.allCases {
            drain(journal, priority, batch: batch, settling: settling, by: outlet)
        }
    }

    /// Takes everything of one queue, or what comes before a position.
    mutating func drain(
        _ journal: ReadingJournal, _ priority: Priority, from start: Position? = nil,
        before limit: Position? = nil, batch: Int = 100, settling: Bool = true,
        by outlet: Outlet = .first
    ) {
        var position = start ?? journal.start(of: priority, for: outlet)
        while let next = journal.nextBatch(
            of: priority, after: position, before: limit, maximumReadings: batch, for: outlet)
        {
            take(next)
            #expect(next.end > position)
            if settling { journal.settle(position..<next.end, of: priority, by: outlet) }
            position = next.end
        }
        if settling, start == nil, limit == nil {
            #expect(journal.start(of: priority, for: outlet) >= journal.end(of: priority))
        }
    }

    mutating func take(_ batch: OutboundBatch) {
        anchors.append(batch.anchor)
        switch batch.content {
        case .gap(let count, let reason):
            gaps.append((batch.epoch, batch.firstSequence, count, reason))
        case .readings(let readings):
            for index in 0..<readings.count {
                let identity = Identity(
                    epoch: batch.epoch, sequence: batch.firstSequence + UInt64(index))
                let reading = readings[index]
                if let known = values[identity] {
                    #expect(known.value == reading.value, "one identity, two readings")
                }
                values[identity] = reading
                if case .int64(let value)? = reading.value { order.append(value) }
            }
        }
    }
}
