import Frames
import Telemetry

/// A look at a journal that changes nothing and takes no lock: of a cabinet that runs, or of the
/// copy of a dead one's card. Holds one frame's readings in memory at a time.
public struct JournalInspection {
    /// A piece of a queue, in order.
    public enum Item {
        /// Readings that are there, or the record of a gap.
        case batch(OutboundBatch, isSettled: Bool)
        /// Something that is damaged.
        case damage(JournalDamage)
    }

    /// What `state` says; nil if no slot of it is whole.
    let state: JournalState?
    let points: PointTable
    var stores: [SegmentStore]
    var clock: ClockHistory

    /// Looks into a directory.
    ///
    /// - Parameter points: where the points of stored readings get their ids.
    /// - Throws: The system's refusal to show it (`FileError`); `JournalError` if a newer program
    ///   has written it.
    public init(
        directory: String, fileSystem: any FileSystem = PosixFileSystem(isReadOnly: true),
        points: PointTable
    ) throws {
        self.points = points
        if let newer = try NewerFormat.find(in: directory, fileSystem) {
            throw JournalError(newer, directory: directory)
        }
        let state = try JournalInspection.state(directory, fileSystem)
        let names = Set(try fileSystem.list(directory))
        var stores: [SegmentStore] = []
        for priority in Priority.allCases {
            var store = SegmentStore(
                in: directory, fileSystem, priority, JournalOptions().limits(of: priority))
            try store.readSegments()
            let known = state?.queues[priority.rawValue]
            let isOwn = store.segments.allSatisfy { $0.header.journal == state?.epoch.journal }
            store.recall(isOwn ? known : nil, believedFrom: known?.believedFrom ?? 0)
            stores.append(store)
        }
        self.state = state
        self.stores = stores
        clock = try JournalInspection.clock(
            directory, fileSystem, isThere: names.contains(ClockFile.name))
        for known in stores.flatMap(\.storedAnchors) {
            clock.note(known.anchor, epoch: known.epoch)
        }
    }

    private static func state(
        _ directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> JournalState? {
        guard let file = try fileSystem.openIfThere(directory + "/" + JournalState.fileName)
        else { return nil }
        return try JournalState.newest(of: file)
    }

    /// What was known of the clocks. The present boot's are not asked: the card may be another's.
    private static func clock(
        _ directory: String, _ fileSystem: any FileSystem, isThere: Bool
    ) throws(FileError) -> ClockHistory {
        let boots = isThere ? try ClockFile.load(directory, fileSystem).boots : []
        let nobody = ClockAnchor(
            boot: BootID(high: 0, low: 0), instant: .zero,
            wall: WallTime(nanosecondsSince1970: 0), quality: .unsynchronized)
        return ClockHistory(nobody, epoch: nil, stored: boots)
    }

    /// Whether there is anything of a journal.
    public var isEmpty: Bool { state == nil && stores.allSatisfy(\.segments.isEmpty) }

    /// The bytes of all segments.
    public var bytes: Int { stores.flatMap(\.segments).reduce(0) { $0 + $1.size } }

    /// Visits everything of a queue in order, settled or not; what is damaged in its place.
    ///
    /// - Parameters:
    ///   - isWanted: Asked of each frame with what the clocks showed when it was written, which is
    ///     after its readings were taken. One that is not wanted is not decoded.
    ///   - progress: Told how many bytes were done, after each segment.
    /// - Throws: What the visitor throws, and the system's refusal to read.
    public mutating func visit(
        _ priority: Priority, where isWanted: (ClockAnchor) -> Bool = { _ in true },
        progress: (Int) -> Void = { _ in }, _ visitor: (Item) throws -> Void
    ) throws {
        for index in stores[priority.rawValue].segments.indices {
            let segment = stores[priority.rawValue].segments[index]
            guard let file = try stores[priority.rawValue].fileSystem.openIfThere(segment.path)
            else { continue }
            let content = try segment.content(of: file)
            for range in content.damage { try visitor(.damage(damage(range, of: segment))) }
            for entry in content.entries where isWanted(clock.anchor(for: entry.header.anchor)) {
                for item in try items(entry, of: segment, in: file, priority) { try visitor(item) }
            }
            progress(segment.size)
        }
    }

    /// What a frame holds; nothing if a running gateway has just written over it.
    private func items(
        _ entry: Segment.Entry, of segment: Segment, in file: any JournalFile, _ priority: Priority
    ) throws(FileError) -> [Item] {
        let header = entry.header
        guard header.kind == .readings else {
            let gap = OutboundBatch(
                epoch: header.epoch, firstSequence: header.first,
                content: .gap(count: header.count, reason: header.reason ?? .damaged),
                anchor: clock.anchor(for: header.anchor))
            return [item(gap, of: priority)]
        }
        guard let readings = try readings(entry, in: file) else {
            let page = try file.readAll(count: FrameHeader.size, at: entry.offset)
            guard FrameHeader(page) == header else { return [] }
            let range = entry.offset..<entry.offset + header.paddedLength
            return [.damage(damage(range, of: segment, lost: header))]
        }
        return timed(readings, of: header).map { item($0, of: priority) }
    }

    private func item(_ batch: OutboundBatch, of priority: Priority) -> Item {
        let settled = stores[priority.rawValue].settled
        let isSettled = settled.firstUnsettled(from: batch.begin) >= batch.end
        return .batch(batch, isSettled: isSettled)
    }

    /// A frame's readings, cut where the wall clock was stepped: each piece has one anchor.
    private func timed(_ readings: ReadingBatch, of header: FrameHeader) -> [OutboundBatch] {
        let boot = header.anchor.boot
        var batches: [OutboundBatch] = []
        var start = 0
        while start < readings.count {
            let first = readings.instants[start]
            let step = clock.nextStep(in: boot, after: first)
            let end = step.flatMap { step in
                readings.instants[start...].firstIndex { $0 >= step }
            }
            let piece = start..<max(end ?? readings.count, start + 1)
            batches.append(
                OutboundBatch(
                    epoch: header.epoch, firstSequence: header.first + UInt64(start),
                    content: .readings(readings.slice(piece)),
                    anchor: clock.anchor(for: boot, own: header.anchor, at: first)))
            start = piece.upperBound
        }
        return batches
    }

    private func readings(
        _ entry: Segment.Entry, in file: any JournalFile
    ) throws(FileError) -> ReadingBatch? {
        let header = entry.header
        let bytes = try file.readAll(
            count: header.bodyLength, at: entry.offset + FrameHeader.size)
        guard CRC32C.checksum(bytes) == header.bodyChecksum else { return nil }
        do {
            return try FrameBody.decode(
                bytes, at: 0, length: bytes.count, count: Int(header.count), points: points)
        } catch {
            return nil
        }
    }

    private func damage(
        _ range: Range<Int>, of segment: Segment, lost: FrameHeader? = nil
    ) -> JournalDamage {
        JournalDamage(
            path: segment.path, bytes: range,
            lost: lost.map { ($0.epoch, $0.first..<$0.first + $0.count) })
    }
}

/// A damaged place in a journal.
public struct JournalDamage: Sendable {
    /// The segment's file.
    public var path: String
    /// Where in it.
    public var bytes: Range<Int>
    /// Which readings are lost, where a header still tells; else the next frame names the gap.
    public var lost: (epoch: Epoch, sequences: Range<UInt64>)?
}
