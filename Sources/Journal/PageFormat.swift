import Frames

/// A kind of page or head that has a version. Each begins with a magic of eight bytes and the version
/// in the next two, and ends with the CRC32C of all before it. That much stays so in every later
/// version: a program can tell what it does not know yet from what is damaged.
///
/// Whoever changes a kind raises its version. A newer program reads older ones; an older program
/// refuses newer ones (`NewerFormat`) and changes nothing.
struct PageFormat {
    let magic: UInt64
    let version: UInt16
    var size = Page.size

    /// The version of what begins these bytes, if it is whole and newer than is known here.
    func newerVersion(in bytes: [UInt8]) -> UInt16? {
        guard bytes.count >= size else { return nil }
        do {
            var reader = ByteReader(bytes)
            guard try reader.read() == magic else { return nil }
            let found = try reader.read(UInt16.self)
            guard found > version else { return nil }
            var checksum = ByteReader(bytes, at: size - 4)
            return try checksum.read() == CRC32C.checksum(bytes[..<(size - 4)]) ? found : nil
        } catch {
            return nil
        }
    }
}

/// A file of a journal that a newer program has written.
struct NewerFormat {
    var file: String
    var version: UInt16
    var known: UInt16
}

extension NewerFormat {
    /// Looks for what is newer: in all pages of the small files, in the head and the first frame of
    /// each segment, and in all frames of each queue's last one, to which a newer program may have
    /// added some. Changes nothing. Nil if all is known.
    static func find(
        in directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> NewerFormat? {
        let names = try fileSystem.list(directory).sorted()
        for name in names {
            if let newer = try find(inSmall: name, of: directory, fileSystem) { return newer }
        }
        for priority in Priority.allCases {
            let segments = names.filter {
                $0.hasPrefix(priority.filePrefix) && $0.hasSuffix(Segment.fileSuffix)
            }.map { directory + "/" + $0 }
            if let newer = try find(inSegments: segments, fileSystem) { return newer }
        }
        return nil
    }

    private static func find(
        inSmall name: String, of directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> NewerFormat? {
        let kinds = [
            JournalState.fileName: JournalState.format, ClockFile.name: ClockFile.format,
            OutletFile.name: OutletFile.format,
        ]
        guard let kind = kinds[name],
            let file = try fileSystem.openIfThere(directory + "/" + name)
        else { return nil }
        // `outlets` has the most pages.
        for slot in 0..<Outlet.limit {
            if let newer = try find(kind, in: file, at: slot * Page.size) { return newer }
        }
        return nil
    }

    private static func find(
        inSegments paths: [String], _ fileSystem: any FileSystem
    ) throws(FileError) -> NewerFormat? {
        var last: (generation: UInt64, file: any JournalFile)?
        for path in paths {
            guard let file = try fileSystem.openIfThere(path) else { continue }
            if let newer = try find(SegmentHeader.format, in: file, at: 0) { return newer }
            if let newer = try find(FrameHeader.format, in: file, at: Page.size) { return newer }
            let head = SegmentHeader(try file.readAll(count: Page.size, at: 0))
            if let head, head.generation >= last?.generation ?? 0 { last = (head.generation, file) }
        }
        guard let last else { return nil }
        for offset in stride(from: Page.size, to: try last.file.size(), by: Page.size) {
            if let newer = try find(FrameHeader.format, in: last.file, at: offset) { return newer }
        }
        return nil
    }

    private static func find(
        _ kind: PageFormat, in file: any JournalFile, at offset: Int
    ) throws(FileError) -> NewerFormat? {
        let bytes = try file.readAll(count: kind.size, at: offset)
        return kind.newerVersion(in: bytes).map {
            NewerFormat(file: file.path, version: $0, known: kind.version)
        }
    }
}
