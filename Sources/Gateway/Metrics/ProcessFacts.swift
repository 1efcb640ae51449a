import Glibc

/// What the gateway's process takes of the machine (proc(5), getrusage(2)). What cannot be read is
/// nil, and has no metric.
struct ProcessFacts: Sendable {
    /// Memory in use, in bytes.
    var residentBytes: Double?
    /// Processor time in user and system mode, in seconds.
    var cpuSeconds: Double?
    /// Open descriptors, and how many there may be.
    var descriptors: Double?
    var descriptorLimit: Double?

    /// What it takes now.
    static var now: ProcessFacts {
        ProcessFacts(
            residentBytes: resident, cpuSeconds: cpu, descriptors: openDescriptors,
            descriptorLimit: limit)
    }

    /// The second field of statm: pages.
    private static var resident: Double? {
        let fields = smallFile("/proc/self/statm")?.split(separator: " ") ?? []
        return fields.count > 1 ? Double(fields[1]).map { $0 * Double(getpagesize()) } : nil
    }

    private static var cpu: Double? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        return [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
    }

    /// Without the one that looks.
    private static var openDescriptors: Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        return Double(count - 1)
    }

    private static var limit: Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return nil
        }
        return Double(limit.rlim_cur)
    }
}

/// What an eMMC says of its wear (Linux, Documentation/driver-api/mmc/mmc-dev-attrs.rst). Other disks
/// say nothing here.
struct CardLife: Sendable {
    /// The part of its life that it has used, in tenths, rounded up: 0.1 to 1.0; 1.1 beyond its life.
    var used: Double?
    /// The part of its spare blocks that is used up: 0 for normal, 0.8 for a warning, 0.9 for urgent.
    var spareUsed: Double?

    /// That of the disk that a folder is on. The kernel has read it at its start: it costs no access
    /// to the card.
    init(ofDiskWith folder: String) {
        var status = stat()
        guard stat(folder, &status) == 0 else { return }
        let block = "/sys/dev/block/" + Self.number(ofDevice: status.st_dev)
        // A partition's folder lies in its disk's.
        for disk in [block, block + "/.."] where used == nil {
            used = Self.life(smallFile(disk + "/device/life_time"))
            spareUsed = Self.spare(smallFile(disk + "/device/pre_eol_info"))
        }
    }

    /// MAJOR:MINOR, which makedev(3) has put together.
    static func number(ofDevice device: dev_t) -> String {
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        return "\(major):\(device & 0xFF | (device >> 12) & ~0xFF)"
    }

    /// `0x02 0x01`: for its two kinds of cells, in tenths; 0 where it does not say (JESD84-B51).
    static func life(_ text: String?) -> Double? {
        let tenths = (text ?? "").split(separator: " ").compactMap {
            Int($0.dropFirst(2), radix: 16)
        }
        return tenths.max().flatMap { $0 > 0 ? Double(min($0, 11)) / 10 : nil }
    }

    static func spare(_ text: String?) -> Double? {
        switch text.flatMap({ Int($0.dropFirst(2), radix: 16) }) {
        case 1: 0
        case 2: 0.8
        case 3: 0.9
        default: nil
        }
    }
}

/// The first line of one of the kernel's files; nil if it cannot be read.
private func smallFile(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    let line = bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }
    return String(decoding: line, as: UTF8.self)
}
