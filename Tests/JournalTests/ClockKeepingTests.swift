import Glibc
import Telemetry
import Testing

@testable import Journal

/// A journal's file of the clocks on a disk that does not always work.
@Suite struct ClockKeepingTests {
    private let disk = MemoryDisk()
    private var clocks = SimulatedClocks()

    private func open() throws -> ReadingJournal {
        try ReadingJournal(
            directory: "j", fileSystem: disk, points: PointTable(), anchor: clocks.anchor)
    }

    private func stored() throws -> [BootID] {
        try ClockFile.load("j", disk).boots.map(\.boot)
    }

    /// The next boot, whose clock begins in 1970.
    private mutating func reboot() {
        clocks = SimulatedClocks(
            boot: BootID(high: 3, low: clocks.boot.low + 1),
            wall: WallTime(nanosecondsSince1970: 0), quality: .unsynchronized)
    }

    /// (what fails at the second start)
    @Test(arguments: ["state", "clock"])
    mutating func aStartOnAFailingDiskLosesNoEarlierBoot(file: String) throws {
        let first = clocks.boot
        try open().keep(clock: clocks.anchor)
        #expect(try stored() == [first])
        reboot()
        disk.refuseToOpen = { $0.hasSuffix("/" + file) ? EIO : nil }
        let journal = try open()
        clocks.advance(by: .seconds(60))
        journal.keep(clock: clocks.anchor)
        disk.refuseToOpen = { _ in nil }
        for _ in 0..<2 {
            clocks.advance(by: .seconds(60))
            journal.keep(clock: clocks.anchor)
            #expect(try stored() == [first, clocks.boot])
        }
    }

    @Test mutating func aCleanStopKeepsTheClocks() throws {
        let journal = try open()
        clocks.advance(by: .seconds(3))
        journal.close(anchor: clocks.anchor)
        let (_, boots) = try ClockFile.load("j", disk)
        #expect(boots.map(\.end) == [clocks.instant])
    }

    @Test mutating func nothingIsWrittenBetweenTheMomentsThatCount() throws {
        let journal = try open()
        journal.keep(clock: clocks.anchor)
        _ = disk.takeWrites()
        for _ in 0..<3600 {
            clocks.advance(by: .seconds(1))
            journal.commitIfDue(anchor: clocks.anchor)
        }
        #expect(disk.takeWrites().isEmpty)
        journal.keep(clock: clocks.anchor)
        #expect(disk.takeWrites() == [.write(offset: 0, count: 4096), .sync])
    }
}
