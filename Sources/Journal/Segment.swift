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

    /// Reads the headers of all frames of a generation, or of the newest one there if none is
    /// named. Steps over what is not a frame page by page, so that damage costs only itself.
    static func scan(
        _ file: any JournalFile, size: Int, generation: UInt64?
    ) throws(FileError) -> Content {
        var found: [Entry] = []
        var offset = Page.size
        while offset + Page.size <= size {
            let bytes = try file.readAll(count: FrameHeader.size, at: offset)
            guard let header = FrameHeader(bytes), Int(header.page) == offset / Page.size,
                offset + header.paddedLength <= size
            else {
                offset += Page.size
                continue
            }
            found.append(Entry(offset: offset, header: header))
            offset += header.paddedLength
        }
        let wanted = generation ?? found.map(\.header.generation).max()
        return content(of: found.filter { $0.header.generation == wanted })
    }

    /// Frames go forward: one that does not is none.
    private static func content(of entries: [Entry]) -> Content {
        var content = Content()
        var (end, position) = (Page.size, Position.start)
        for entry in entries where entry.header.begin >= position {
            if entry.offset > end { content.damage.append(end..<entry.offset) }
            content.entries.append(entry)
            end = entry.offset + entry.header.paddedLength
            position = entry.header.end
        }
        return content
    }
}
