import Frames
import Telemetry

/// The file `clock`: what is known of the clocks of this boot and of earlier ones. Two slots of
/// one page, written in turn with one sync, so that a torn or lost one costs no more than the
/// newest anchors. It holds all that a `ClockHistory` does: at most 40 boots and 160 anchors.
/// All numbers are little-endian.
///
/// ```
///    0  8  magic "ARMCLOCK"
///    8  2  version, 1
///   10  2  how many boots follow, in order
///   12  4  zero
///   16  8  serial: which of the two slots is the newer one
///   24     each boot, 30 bytes and 17 for each anchor:
///             0 16  boot id
///            16  4  the first epoch that began in it, 0 if not known
///            20  8  the latest instant at which it was seen to run
///            28  1  quality of its anchors (ClockQuality): synchronized or unsynchronized
///            29  1  how many anchors follow, in order: 1 to 32
///            30     each anchor: instant 8, wall time 8, source 1 (ClockSource)
/// 4092  4  CRC32C of bytes 0 to 4091
/// ```
struct ClockFile {
    static let name = "clock"
    static let format = PageFormat(magic: Slot.magic, version: Slot.version)

    private let file: any JournalFile
    private let fileSystem: any FileSystem
    private let directory: String
    private var serial: UInt64
    /// The file's name may not be durable yet.
    private var isNew: Bool

    /// Opens the file of a journal's directory, or creates it, and reads what it holds. Content
    /// never makes it fail, nor does a slot that cannot be read.
    static func load(
        _ directory: String, _ fileSystem: any FileSystem
    ) throws(FileError) -> (file: ClockFile, boots: [BootTimes]) {
        let file = try fileSystem.open(directory + "/" + name, create: true)
        let newest = (0..<2).compactMap { slot in
            do throws(FileError) {
                return Slot(try file.readAll(count: Page.size, at: slot * Page.size))
            } catch {
                return nil
            }
        }.max { $0.serial < $1.serial }
        let clock = ClockFile(
            file: file, fileSystem: fileSystem, directory: directory,
            serial: newest?.serial ?? 0, isNew: try file.size() == 0)
        return (clock, newest?.boots ?? [])
    }

    /// Writes what is known over the older slot and syncs it: 4 KiB. After a failure the same
    /// slot is written anew: the other one holds the only copy.
    mutating func write(_ history: ClockHistory) throws(FileError) {
        // Damage cannot bring it near its end: a slot that is not whole does not count.
        let next = Slot(serial: serial &+ 1, boots: history.boots)
        try file.writeAll(next.encoded(), at: Int(next.serial % 2) * Page.size)
        try file.sync()
        serial = next.serial
        if isNew { try fileSystem.syncDirectory(directory) }
        isNew = false
    }
}

/// One of the file's two pages.
private struct Slot {
    var serial: UInt64
    var boots: [BootTimes]

    static let magic: UInt64 = 0x4B43_4F4C_434D_5241
    static let version: UInt16 = 1

    init(serial: UInt64, boots: [BootTimes]) {
        self.serial = serial
        self.boots = boots
    }

    func encoded() -> [UInt8] {
        var out = ByteWriter(capacity: Page.size)
        out.put(Slot.magic)
        out.put(Slot.version)
        out.put(UInt16(boots.count))
        out.put(UInt32(0))
        out.put(serial)
        for times in boots { out.put(times) }
        return out.sealedPage()
    }

    /// Reads a page; nil unless it is whole, known and makes sense.
    init?(_ page: [UInt8]) {
        do {
            var reader = try ByteReader(sealedPage: page)
            try self.init(reading: &reader)
        } catch {
            return nil
        }
    }

    private init(reading reader: inout ByteReader) throws(Malformed) {
        guard try reader.read() == Slot.magic, try reader.read() == Slot.version else {
            throw Malformed()
        }
        let count = Int(try reader.read(UInt16.self))
        _ = try reader.read(UInt32.self)
        serial = try reader.read()
        guard count <= ClockHistory.bootLimit else { throw Malformed() }
        boots = []
        for _ in 0..<count { boots.append(try reader.readBootTimes()) }
        guard Set(boots.map(\.boot)).count == count else { throw Malformed() }
    }
}

extension ByteWriter {
    fileprivate mutating func put(_ times: BootTimes) {
        put(times.boot.high)
        put(times.boot.low)
        put(times.epoch ?? 0)
        put(times.end.nanoseconds)
        put(times.curve.last.quality.rawValue)
        put(UInt8(times.curve.anchors.count))
        for anchor in times.curve.anchors {
            put(anchor.instant.nanoseconds)
            put(anchor.wall.nanosecondsSince1970)
            put(anchor.source.rawValue)
        }
    }
}

extension ByteReader {
    fileprivate mutating func readBootTimes() throws(Malformed) -> BootTimes {
        let boot = BootID(high: try read(), low: try read())
        let epoch = try read(UInt32.self)
        let end = Instant(nanoseconds: try read())
        guard let quality = ClockQuality(rawValue: try read()), quality != .estimated else {
            throw Malformed()
        }
        var anchors: [ClockAnchor] = []
        for _ in 0..<Int(try read(UInt8.self)) {
            let instant = Instant(nanoseconds: try read())
            let wall = WallTime(nanosecondsSince1970: try read())
            guard let source = ClockSource(rawValue: try read()) else { throw Malformed() }
            anchors.append(
                ClockAnchor(
                    boot: boot, instant: instant, wall: wall, quality: quality, source: source))
        }
        guard let curve = ClockCurve(stored: anchors) else { throw Malformed() }
        return BootTimes(boot: boot, epoch: epoch == 0 ? nil : epoch, end: end, curve: curve)
    }
}
