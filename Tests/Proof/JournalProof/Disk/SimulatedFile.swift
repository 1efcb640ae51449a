import Glibc
import Journal

/// An open file of a simulated disk.
final class SimulatedFile: JournalFile {
    let path: String
    private let disk: SimulatedDisk
    private let inode: DiskImage.Inode

    init(_ disk: SimulatedDisk, _ inode: DiskImage.Inode, _ path: String) {
        self.disk = disk
        self.inode = inode
        self.path = path
    }

    deinit { disk.unlock(inode, for: ObjectIdentifier(self)) }

    func size() throws(FileError) -> Int {
        try disk.pass(.size, path)
        return present
    }

    func read(count: Int, at offset: Int) throws(FileError) -> [UInt8] {
        let isShort = try disk.pass(.read, path)
        let available = min(count, max(present - offset, 0))
        let taken = isShort ? (available + 1) / 2 : available
        guard taken > 0, let bytes = disk.view.contents[inode] else { return [] }
        return Array(bytes[offset..<offset + taken])
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(FileError) -> Int {
        let isShort = try disk.pass(.write, path)
        let part = isShort ? bytes.prefix((bytes.count + 1) / 2) : bytes
        var actions: [DiskChange.Action] = []
        if offset + part.count > present {
            actions.append(.resize(inode: inode, size: offset + part.count))
        }
        actions.append(
            .write(
                inode: inode, offset: offset, bytes: part, changed: changedSectors(part, offset)))
        disk.change(
            actions, DiskOperation(.write(count: part.count, offset: offset), path))
        return part.count
    }

    func sync() throws(FileError) {
        do throws(FileError) {
            try disk.pass(.sync, path)
        } catch {
            if error.errno != EINTR { disk.loseSync(of: inode) }
            throw error
        }
        disk.settle { $0.inode == self.inode }
        disk.record(DiskOperation(.sync, path))
    }

    func truncate(to size: Int) throws(FileError) {
        try disk.pass(.truncate, path)
        if size < present { disk.keepStale(disk.view.contents[inode] ?? []) }
        disk.change(
            [.resize(inode: inode, size: size)], DiskOperation(.truncate(to: size), path))
    }

    func lock() throws(FileError) -> Bool {
        try disk.pass(.lock, path)
        return disk.lock(inode, for: self)
    }

    private var present: Int { disk.view.contents[inode]?.count ?? 0 }

    /// The sectors of the file in which these bytes are not what is there, or may not be what a
    /// crash leaves there without them.
    private func changedSectors(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> [Int] {
        let sectors =
            offset / DiskImage.sector...(max(offset + bytes.count, 1) - 1) / DiskImage.sector
        let isTouched = disk.pending.contains { $0.inode == inode }
        let durable = disk.medium.contents[inode] ?? []
        return sectors.filter { sector in
            let from = max(sector * DiskImage.sector, offset)
            let to = min((sector + 1) * DiskImage.sector, offset + bytes.count)
            guard !isTouched, to <= durable.count else { return true }
            let start = bytes.startIndex - offset
            return durable[from..<to] != bytes[start + from..<start + to]
        }
    }
}
