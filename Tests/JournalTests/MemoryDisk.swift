import Glibc

@testable import Journal

/// Files in memory that count what they are asked for, and fail where a test says so.
final class MemoryDisk: FileSystem {
    /// A call on a file.
    enum Call: Equatable {
        case read(offset: Int)
        case write(offset: Int, count: Int)
        case sync
        case directorySync
    }

    private(set) var files: [String: [UInt8]] = [:]
    private(set) var calls: [Call] = []
    private var opened: [MemoryFile] = []
    /// Answers how a call fails; nil for a call that succeeds.
    var fault: (Call) -> Int32? = { _ in nil }
    /// Answers how opening a path fails; nil if it does not.
    var refuseToOpen: (String) -> Int32? = { _ in nil }

    /// The calls since the last look, without reads.
    func takeWrites() -> [Call] {
        defer { calls = [] }
        return calls.filter { if case .read = $0 { false } else { true } }
    }

    /// Changes a file behind everybody's back.
    func change(_ path: String, _ body: (inout [UInt8]) -> Void) {
        body(&files[path, default: []])
    }

    fileprivate func note(_ call: Call, _ path: String) throws(FileError) {
        calls.append(call)
        if let error = fault(call) { throw FileError("\(call)", path, errno: error) }
    }

    func createDirectory(_ path: String) throws(FileError) -> Bool { false }
    func list(_ directory: String) throws(FileError) -> [String] {
        files.keys.filter { $0.hasPrefix(directory + "/") }
            .map { String($0.dropFirst(directory.count + 1)) }
    }
    func open(_ path: String, create: Bool) throws(FileError) -> any JournalFile {
        if let error = refuseToOpen(path) { throw FileError("open", path, errno: error) }
        guard files[path] != nil || create else { throw FileError("open", path, errno: ENOENT) }
        files[path, default: []] += []
        let file = MemoryFile(disk: self, path: path)
        opened.append(file)
        return file
    }
    func remove(_ path: String) throws(FileError) { files[path] = nil }
    func rename(_ path: String, to other: String) throws(FileError) {
        files[other] = files.removeValue(forKey: path)
        // What is open stays the same file under its new name.
        for file in opened where file.path == path { file.path = other }
    }
    func syncDirectory(_ path: String) throws(FileError) { try note(.directorySync, path) }
}

private final class MemoryFile: JournalFile {
    unowned let disk: MemoryDisk
    fileprivate(set) var path: String

    init(disk: MemoryDisk, path: String) {
        (self.disk, self.path) = (disk, path)
    }

    private var bytes: [UInt8] { disk.files[path] ?? [] }

    func size() throws(FileError) -> Int { bytes.count }
    func read(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        try disk.note(.read(offset: offset), path)
        return Array(bytes.dropFirst(offset).prefix(count))
    }
    func write(_ slice: ArraySlice<UInt8>, at offset: Int) throws(FileError) -> Int {
        try disk.note(.write(offset: offset, count: slice.count), path)
        disk.change(path) { bytes in
            let missing = offset + slice.count - bytes.count
            if missing > 0 { bytes += [UInt8](repeating: 0, count: missing) }
            bytes.replaceSubrange(offset..<offset + slice.count, with: slice)
        }
        return slice.count
    }
    func sync() throws(FileError) { try disk.note(.sync, path) }
    func truncate(to size: Int) throws(FileError) {
        disk.change(path) { $0 = Array($0.prefix(size)) }
    }
    func lock() throws(FileError) -> Bool { true }
}
