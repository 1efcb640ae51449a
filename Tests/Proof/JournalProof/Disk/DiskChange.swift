/// A change that the running process has made and the medium may not have yet.
struct DiskChange {
    /// One change, as small as a disk makes it on its own.
    enum Action {
        /// Bytes of a file, which a crash may leave whole, in part (by sectors), or not at all.
        /// `changed` are the sectors that differ from what was there before.
        case write(inode: DiskImage.Inode, offset: Int, bytes: ArraySlice<UInt8>, changed: [Int])
        /// A file's size, apart from its data.
        case resize(inode: DiskImage.Inode, size: Int)
        /// Names given and taken at once: a creation, a removal, or both sides of a rename.
        case names([(path: String, inode: DiskImage.Inode?)], directory: String)
        /// A new directory.
        case directory(String)
    }

    let action: Action
    /// The operation that made it.
    let operation: DiskOperation

    /// The file whose sync makes this durable; nil if it is a directory's.
    var inode: DiskImage.Inode? {
        switch action {
        case .write(let inode, _, _, _), .resize(let inode, _): inode
        case .names, .directory: nil
        }
    }

    /// Whether it is data, not a size or a name.
    var isData: Bool {
        if case .write = action { true } else { false }
    }

    /// The directory whose sync makes this durable; nil if it is a file's.
    var directory: String? {
        switch action {
        case .write, .resize: nil
        case .names(_, let directory): directory
        case .directory(let path): parent(of: path)
        }
    }
}

extension DiskImage {
    /// Takes up a change as a whole.
    mutating func apply(_ change: DiskChange) {
        switch change.action {
        case .write(let inode, let offset, let bytes, _): write(bytes, to: inode, at: offset)
        case .resize(let inode, let size): resize(inode, to: size)
        case .names(let names, _): for (path, inode) in names { name(path, inode) }
        case .directory(let path): directories.insert(path)
        }
    }
}

/// A call that changed the disk.
struct DiskOperation: CustomStringConvertible {
    enum Action {
        case makeDirectory, create, remove, sync, syncDirectory, kill
        case write(count: Int, offset: Int)
        case truncate(to: Int)
        case rename(to: String)
    }

    let action: Action
    let path: String

    init(_ action: Action, _ path: String) {
        self.action = action
        self.path = path
    }

    /// For the reader of a failure.
    var description: String {
        let name = DiskOperation.name(of: path)
        return switch action {
        case .makeDirectory: "mkdir \(name)"
        case .create: "create \(name)"
        case .remove: "remove \(name)"
        case .sync: "sync \(name)"
        case .syncDirectory: "sync directory \(name)"
        case .kill: "the process is killed, another begins"
        case .write(let count, let offset): "write \(name): \(count) bytes at \(offset)"
        case .truncate(let size): "truncate \(name) to \(size)"
        case .rename(let other): "rename \(name) to \(DiskOperation.name(of: other))"
        }
    }

    private static func name(of path: String) -> Substring {
        path.split(separator: "/").last ?? ""
    }
}
