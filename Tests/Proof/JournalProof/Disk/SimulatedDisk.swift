import Glibc
import Journal

/// A disk in memory that remembers what it was not told to make durable.
///
/// It keeps two images: what the running process sees, as through the kernel's page cache, and
/// what is surely on the medium; and the changes between them in order. A sync of a file moves
/// its data and size to the medium, not its name: that takes a sync of its directory. From this
/// `CrashPoint` tells what a power cut may leave.
final class SimulatedDisk: FileSystem {
    /// The directory that is there before anything is done.
    static let root = "/disk"

    /// What the running process sees.
    private(set) var view: DiskImage
    /// What no crash takes away.
    private(set) var medium: DiskImage
    /// What was done and is not durable, in order.
    private(set) var pending: [DiskChange] = []
    /// The operations that changed something, in order.
    private(set) var log: [DiskOperation] = []
    /// After each operation what a crash would find; kept only if asked for.
    private(set) var crashPoints: [CrashPoint] = []
    /// Calls made so far, the reading ones too.
    private(set) var callCount = 0
    /// The call that failed first because of `faults`.
    private(set) var firstFault: (call: DiskCall, path: String)?
    var faults: FaultPlan?
    private var hasLostSync = false

    private var recordsCrashPoints: Bool
    private var nextInode: DiskImage.Inode
    private var locked: [DiskImage.Inode: ObjectIdentifier] = [:]
    /// What a file held that was removed or cut last.
    private var stale: [UInt8] = []

    /// A disk that holds what an image says, or nothing.
    init(_ image: DiskImage? = nil, recordsCrashPoints: Bool = false) {
        var image = image ?? DiskImage()
        image.directories.insert(SimulatedDisk.root)
        view = image
        medium = image
        nextInode = (image.contents.keys.max() ?? 0) + 1
        self.recordsCrashPoints = recordsCrashPoints
        if recordsCrashPoints { note() }
    }

    /// A disk whose machine goes on after the process was killed at this point.
    convenience init(after kill: CrashPoint, recordsCrashPoints: Bool) {
        self.init(kill.view, recordsCrashPoints: false)
        medium = kill.medium
        pending = kill.pending
        stale = kill.stale
        self.recordsCrashPoints = recordsCrashPoints
        record(DiskOperation(.kill, ""))
    }

    func createDirectory(_ path: String) throws(FileError) -> Bool {
        try pass(.makeDirectory, path)
        guard !view.directories.contains(path) else { return false }
        try requireDirectory(parent(of: path), "mkdir")
        change([.directory(path)], DiskOperation(.makeDirectory, path))
        return true
    }

    func list(_ directory: String) throws(FileError) -> [String] {
        try pass(.list, directory)
        try requireDirectory(directory, "opendir")
        let paths = Array(view.names.keys) + Array(view.directories)
        return paths.filter { parent(of: $0) == directory }
            .compactMap { $0.split(separator: "/").last.map(String.init) }
    }

    func open(_ path: String, create: Bool) throws(FileError) -> any JournalFile {
        if let inode = view.names[path] {
            try pass(.open, path)
            return SimulatedFile(self, inode, path)
        }
        try pass(create ? .create : .open, path)
        try requireDirectory(parent(of: path), "open")
        guard create else { throw FileError("open", path, errno: ENOENT) }
        let inode = nextInode
        nextInode += 1
        view.contents[inode] = []
        medium.contents[inode] = []
        let names = DiskChange.Action.names([(path, inode)], directory: parent(of: path))
        change([names], DiskOperation(.create, path))
        return SimulatedFile(self, inode, path)
    }

    func remove(_ path: String) throws(FileError) {
        try pass(.remove, path)
        guard let inode = view.names[path] else { throw FileError("unlink", path, errno: ENOENT) }
        stale = view.contents[inode] ?? []
        let names = DiskChange.Action.names([(path, nil)], directory: parent(of: path))
        change([names], DiskOperation(.remove, path))
    }

    func rename(_ path: String, to other: String) throws(FileError) {
        try pass(.rename, path)
        guard let inode = view.names[path] else { throw FileError("rename", path, errno: ENOENT) }
        try requireDirectory(parent(of: other), "rename")
        let names = DiskChange.Action.names(
            [(path, nil), (other, inode)], directory: parent(of: other))
        change([names], DiskOperation(.rename(to: other), path))
    }

    func syncDirectory(_ path: String) throws(FileError) {
        try pass(.syncDirectory, path)
        try requireDirectory(path, "open")
        settle { $0.directory == path }
        record(DiskOperation(.syncDirectory, path))
    }
}

extension SimulatedDisk {
    /// The power comes back: what is there is an image that a crash left.
    func restart(from image: DiskImage) {
        view = image
        view.directories.insert(SimulatedDisk.root)
        medium = view
        pending = []
        hasLostSync = false
        locked = [:]
    }

    /// Whether all that the process sees is on the medium.
    var isDurable: Bool { pending.isEmpty && !hasLostSync }

    /// Counts a call and lets it fail if it is its turn; answers whether it is to do only half.
    @discardableResult
    func pass(_ call: DiskCall, _ path: String) throws(FileError) -> Bool {
        defer { callCount += 1 }
        guard let faults, faults.hits(callCount, call) else { return false }
        if firstFault == nil { firstFault = (call, path) }
        if faults.kind == .short { return true }
        throw FileError(call.rawValue, path, errno: faults.kind.errno)
    }

    private func requireDirectory(_ path: String, _ call: String) throws(FileError) {
        guard view.directories.contains(path) else { throw FileError(call, path, errno: ENOENT) }
    }

    /// Makes changes that the process sees at once and the medium may have or not.
    func change(_ actions: [DiskChange.Action], _ operation: DiskOperation) {
        for action in actions {
            let change = DiskChange(action: action, operation: operation)
            view.apply(change)
            pending.append(change)
        }
        record(operation)
    }

    /// Makes those pending changes durable.
    func settle(_ isMeant: (DiskChange) -> Bool) {
        for change in pending where isMeant(change) { medium.apply(change) }
        pending.removeAll(where: isMeant)
    }

    /// Decides for good what the medium has of a file's pending data. The kernel takes its pages
    /// for clean after that; the size is still known as changed.
    func loseSync(of inode: DiskImage.Inode) {
        hasLostSync = true
        let loss = faults?.syncLoss ?? .lost
        var isEven = true
        for change in pending where change.inode == inode && change.isData {
            isEven.toggle()
            if loss == .kept || loss == .everyOther && isEven { medium.apply(change) }
        }
        pending.removeAll { $0.inode == inode && $0.isData }
    }

    func record(_ operation: DiskOperation) {
        log.append(operation)
        if recordsCrashPoints { note() }
    }

    private func note() {
        crashPoints.append(present)
    }

    /// What a crash would find now.
    var present: CrashPoint {
        CrashPoint(
            operations: log.count, view: view, medium: medium, pending: pending, stale: stale)
    }

    /// Remembers what is about to be cut, for a file that grows into the same place.
    func keepStale(_ bytes: [UInt8]) {
        stale = bytes
    }

    func lock(_ inode: DiskImage.Inode, for file: SimulatedFile) -> Bool {
        let holder = ObjectIdentifier(file)
        guard locked[inode, default: holder] == holder else { return false }
        locked[inode] = holder
        return true
    }

    func unlock(_ inode: DiskImage.Inode, for holder: ObjectIdentifier) {
        if locked[inode] == holder { locked[inode] = nil }
    }
}
