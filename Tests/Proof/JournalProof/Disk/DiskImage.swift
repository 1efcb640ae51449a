/// What a medium holds: directories, names, and the bytes of each file.
struct DiskImage {
    /// A file's number, whatever it is called.
    typealias Inode = Int

    /// What a disk writes whole or not at all.
    static let sector = 512

    var directories: Set<String> = []
    var names: [String: Inode] = [:]
    var contents: [Inode: [UInt8]] = [:]

    /// The bytes of a file by its path.
    func bytes(of path: String) -> [UInt8]? {
        names[path].flatMap { contents[$0] }
    }

    /// Writes into a file; what lies between its end and the offset is filled.
    mutating func write(
        _ bytes: ArraySlice<UInt8>, to inode: Inode, at offset: Int, fill: Fill = .zeros
    ) {
        let end = offset + bytes.count
        if contents[inode, default: []].count < end { resize(inode, to: end, fill: fill) }
        contents[inode, default: []].withUnsafeMutableBytes { whole in
            bytes.withUnsafeBytes { part in
                let place = UnsafeMutableRawBufferPointer(rebasing: whole[offset..<end])
                place.copyMemory(from: part)
            }
        }
    }

    /// Cuts a file, or lets it grow.
    mutating func resize(_ inode: Inode, to size: Int, fill: Fill = .zeros) {
        let present = contents[inode, default: []].count
        if size < present {
            contents[inode]?.removeLast(present - size)
        } else if size > present {
            contents[inode, default: []] += fill.bytes(present..<size)
        }
    }

    /// Gives a name to a file, or takes it away.
    mutating func name(_ path: String, _ inode: Inode?) {
        names[path] = inode
    }

    /// Forgets files that no name leads to, and names in directories that are not there.
    mutating func dropUnreachable() {
        names = names.filter { directories.contains(parent(of: $0.key)) }
        let reachable = Set(names.values)
        contents = contents.filter { reachable.contains($0.key) }
    }
}

/// What a disk shows where a file has grown and no data was written.
enum Fill: Equatable, CaseIterable {
    case zeros
    /// Any bytes at all.
    case garbage
    /// What another file, removed or cut before, held at the same place.
    case stale([UInt8])

    static var allCases: [Fill] { [.zeros, .garbage, .stale([])] }

    func bytes(_ range: Range<Int>) -> [UInt8] {
        switch self {
        case .zeros: [UInt8](repeating: 0, count: range.count)
        case .garbage: range.map { UInt8(truncatingIfNeeded: ($0 &* 167) ^ ($0 >> 7) &+ 0x5A) }
        case .stale(let old): range.map { $0 < old.count ? old[$0] : 0 }
        }
    }
}

/// The directory that a path lies in.
func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
}
