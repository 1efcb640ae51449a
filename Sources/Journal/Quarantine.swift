import Telemetry

/// What of a segment is damaged is copied to the folder `quarantine/` of the journal, for whoever
/// wants to look: the segment itself will be used again. A journal whose numbers are used up goes
/// there whole (`JournalStart`).
extension SegmentStore {
    /// The most files in quarantine; what is found damaged behind that is only reported.
    static let quarantineLimit = 16

    static let quarantineName = "quarantine"

    /// Copies a range of a segment's bytes, cut to the largest frame. A copy that fails changes
    /// nothing but the count: the gap is reported all the same.
    mutating func quarantine(_ range: Range<Int>, of segment: Segment) {
        let folder = directory + "/" + SegmentStore.quarantineName
        let name = quarantineName(of: segment, at: range.lowerBound)
        do throws(FileError) {
            try fileSystem.createDirectory(folder)
            let present = try fileSystem.list(folder)
            guard present.count < SegmentStore.quarantineLimit, !present.contains(name) else {
                return
            }
            let length = min(range.count, FrameHeader.largestFrame)
            let bytes = try file(segment.path).readAll(count: length, at: range.lowerBound)
            let copy = try fileSystem.open(folder + "/" + name, create: true)
            counters.willWrite(bytes.count)
            try copy.writeAll(bytes, at: 0)
            try copy.sync()
            counters.quarantined += 1
        } catch {
            counters.quarantineFailures += 1
        }
    }

    /// `normal-000003-g17-at-8192.bytes`: which file, which life of it, and where.
    private func quarantineName(of segment: Segment, at offset: Int) -> String {
        let file = segment.path.split(separator: "/").last ?? ""
        let stem = file.dropLast(Segment.fileSuffix.utf8.count)
        return "\(stem)-g\(segment.header.generation)-at-\(offset).bytes"
    }
}
