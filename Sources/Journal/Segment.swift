import Telemetry

/// One segment file as it is known in memory. `SegmentHeader` draws its format.
struct Segment {
    /// A frame and where it begins in the file.
    struct Entry {
        var offset: Int
        var header: FrameHeader
    }

    var path: String
    var size: Int
    var header: SegmentHeader
    /// The position behind its last frame.
    var end: Position
    /// Where the next frame goes; the file's size if nothing may follow.
    var used: Int
    /// Its frames in order; nil until it is read.
    var entries: [Entry]?

    /// Whether a file's name is that of a segment.
    static func isSegment(_ name: String) -> Bool { name.hasSuffix(".segment") }

    /// The file for a number.
    static func path(in directory: String, number: Int) -> String {
        let digits = String(number)
        return directory + "/" + String(repeating: "0", count: max(6 - digits.count, 0)) + digits
            + ".segment"
    }

    /// Reads the headers of all frames of a generation, or of the newest one there if none is
    /// named. Steps over what is not a frame page by page, so that damage costs only itself.
    static func scan(
        _ file: any JournalFile, size: Int, generation: UInt64?
    ) throws(FileError) -> [Entry] {
        var entries: [Entry] = []
        var offset = Page.size
        while offset + Page.size <= size {
            let bytes = try file.readAll(count: FrameHeader.size, at: offset)
            guard let header = FrameHeader(bytes), Int(header.page) == offset / Page.size,
                offset + header.paddedLength <= size
            else {
                offset += Page.size
                continue
            }
            if header.generation == generation ?? header.generation {
                entries.append(Entry(offset: offset, header: header))
            }
            offset += header.paddedLength
        }
        guard generation == nil else { return entries }
        let newest = entries.map(\.header.generation).max()
        return entries.filter { $0.header.generation == newest }
    }
}
