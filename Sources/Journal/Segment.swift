import Telemetry

/// One segment file as it is known in memory. `SegmentHeader` draws its format.
struct Segment {
    /// A frame and where it begins in the file.
    struct Entry {
        var offset: Int
        var header: FrameHeader
    }

    /// What a file was found to hold.
    struct Content {
        /// The frames of one generation, in order.
        var entries: [Entry] = []
        /// Pages before the last of these frames that hold something else.
        var damage: [Range<Int>] = []
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

    /// How segment files' names end.
    static let fileSuffix = ".segment"

    /// Its frames, and what is damaged between them, as its file has them.
    func content(of file: any JournalFile) throws(FileError) -> Content {
        try Segment.scan(
            file, size: size, generation: header.generation, from: header.first)
    }

    /// Reads the headers of all frames of a generation, or of the newest one there if none is
    /// named, from a position on. Steps over what is not a frame page by page, so that damage costs
    /// only itself. Frames go forward: one that does not is none, and hides nothing.
    static func scan(
        _ file: any JournalFile, size: Int, generation: UInt64?, from first: Position = .start
    ) throws(FileError) -> Content {
        var wanted = generation
        if wanted == nil { wanted = try newestGeneration(file, size: size) }
        var content = Content()
        var (offset, end, position) = (Page.size, Page.size, first)
        while offset + Page.size <= size {
            guard let header = try header(file, at: offset, size: size),
                header.generation == wanted, header.begin >= position
            else {
                // One of a former life may reach over pages that were written since.
                offset += Page.size
                continue
            }
            if offset > end { content.damage.append(end..<offset) }
            content.entries.append(Entry(offset: offset, header: header))
            offset += header.paddedLength
            (end, position) = (offset, header.end)
        }
        return content
    }

    private static func newestGeneration(
        _ file: any JournalFile, size: Int
    ) throws(FileError) -> UInt64? {
        var newest: UInt64?
        for offset in stride(from: Page.size, through: size - Page.size, by: Page.size) {
            guard let header = try header(file, at: offset, size: size) else { continue }
            newest = max(newest ?? 0, header.generation)
        }
        return newest
    }

    private static func header(
        _ file: any JournalFile, at offset: Int, size: Int
    ) throws(FileError) -> FrameHeader? {
        guard let header = FrameHeader(try file.readAll(count: FrameHeader.size, at: offset)),
            Int(header.page) == offset / Page.size, offset + header.paddedLength <= size
        else { return nil }
        return header
    }
}
