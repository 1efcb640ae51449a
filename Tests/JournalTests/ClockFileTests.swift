import Frames
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Journal

@Suite struct ClockFileTests {
    private let disk = MemoryDisk()
    private let path = "j/clock"

    /// A history of some boots with some anchors each, told apart by `salt`; the last boot is the
    /// present one.
    private func history(boots: Int, anchors: Int = 1, salt: Int64 = 0) -> ClockHistory {
        var clocks = SimulatedClocks()
        var history = ClockHistory(clocks.anchor, epoch: UInt32(boots))
        for number in 1...boots {
            clocks = SimulatedClocks(
                boot: number == boots
                    ? history.latest.boot : BootID(high: .max, low: UInt64(number)),
                quality: number % 3 == 1 ? .unsynchronized : .synchronized)
            clocks.wall = clocks.wall + .seconds(salt)
            for _ in 0..<anchors {
                clocks.advance(by: .seconds(100))
                clocks.wall = clocks.wall + .seconds(50)
                var anchor = clocks.anchor
                anchor.source = ClockSource.allCases[number % ClockSource.allCases.count]
                history.note(anchor, epoch: UInt32(number))
            }
        }
        return history
    }

    private func load() throws -> (file: ClockFile, boots: [BootTimes]) {
        try ClockFile.load("j", disk)
    }

    private func same(_ left: [BootTimes], _ right: [BootTimes]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy {
                $0.boot == $1.boot && $0.epoch == $1.epoch && $0.end == $1.end
                    && $0.curve.anchors == $1.curve.anchors
            }
    }

    /// Writes histories one after the other, by one process.
    private func write(_ histories: [ClockHistory]) throws {
        var (file, _) = try load()
        for history in histories { try file.write(history) }
    }

    // MARK: What it keeps

    @Test(arguments: [(1, 1), (3, 9), (40, 4), (200, 30)])
    func givesBackWhatAHistoryHolds(boots: Int, anchors: Int) throws {
        let history = history(boots: boots, anchors: anchors)
        try write([history])
        let (_, stored) = try load()
        #expect(same(stored, history.boots))
        let again = ClockHistory(history.latest, epoch: UInt32(boots + 1), stored: stored)
        #expect(same(again.boots, history.boots))
    }

    @Test func aFullHistoryFitsItsPage() throws {
        let full = history(boots: 200, anchors: 32)
        #expect(full.boots.count == ClockHistory.bootLimit)
        #expect(full.anchors.count == ClockHistory.anchorLimit)
        try write([full])
        #expect(disk.files[path]?.count == 2 * Page.size)
        #expect(same(try load().boots, full.boots))
    }

    @Test func eachWriteIsOnePageAndOneSync() throws {
        try write((0..<4).map { history(boots: 1, salt: $0) })
        // The first makes the file's name durable too.
        #expect(
            disk.takeWrites() == [
                .write(offset: 4096, count: 4096), .sync, .directorySync,
                .write(offset: 0, count: 4096), .sync,
                .write(offset: 4096, count: 4096), .sync,
                .write(offset: 0, count: 4096), .sync,
            ])
        try write([history(boots: 1)])
        #expect(disk.takeWrites() == [.write(offset: 4096, count: 4096), .sync])
    }

    @Test func anAbsentFileHoldsNothing() throws {
        #expect(try load().boots.isEmpty)
    }

    // MARK: What a crash leaves

    /// The older slot is overwritten; only its first `blocks` blocks of 512 B get there.
    @Test(arguments: 0...8, [0, 1])
    func aTornWriteCostsNoMoreThanItself(blocks: Int, turn: Int) throws {
        let histories = (0..<3 + turn).map { history(boots: 2, salt: Int64($0) * 1000) }
        try write(histories.dropLast())
        let before = try #require(disk.files[path])
        try write([histories[histories.count - 1]])
        let slot = histories.count % 2 * Page.size
        disk.change(path) { bytes in
            for index in slot + blocks * 512..<slot + Page.size { bytes[index] = before[index] }
        }
        // What is in the page ends in its first block, but the checksum is in its last.
        let expected = histories[histories.count - (blocks == 8 ? 1 : 2)]
        #expect(same(try load().boots, expected.boots))
    }

    @Test(arguments: [0, 1])
    func aDamagedSlotCostsNoMoreThanTheNewestAnchors(slot: Int) throws {
        let histories = [history(boots: 3, salt: 1), history(boots: 5, salt: 2)]
        try write(histories)
        let whole = try #require(disk.files[path])
        // Slot 1 was written first.
        let expected = slot == 0 ? histories[0] : histories[1]
        for bit in stride(from: 0, to: Page.size * 8, by: 61) {
            disk.change(path) { $0[slot * Page.size + bit / 8] ^= 1 << (bit % 8) }
            #expect(same(try load().boots, expected.boots), "bit \(bit)")
            disk.change(path) { $0 = whole }
        }
    }

    @Test(arguments: [0, 1])
    func aDamagedSlotIsTheNextToBeWritten(slot: Int) throws {
        try write([history(boots: 3, salt: 1), history(boots: 5, salt: 2)])
        disk.change(path) { $0[slot * Page.size + 100] ^= 1 }
        let newest = history(boots: 4, salt: 3)
        try write([newest])
        #expect(same(try load().boots, newest.boots))
        disk.change(path) { $0[slot * Page.size + 100] ^= 1 }
        #expect(
            same(try load().boots, history(boots: slot == 0 ? 3 : 5, salt: slot == 0 ? 1 : 2).boots)
        )
    }

    @Test func aSlotThatCannotBeReadCostsNoMoreThanItself() throws {
        let histories = [history(boots: 3, salt: 1), history(boots: 5, salt: 2)]
        try write(histories)
        disk.fault = { if case .read(0) = $0 { EIO } else { nil } }
        #expect(same(try load().boots, histories[0].boots))
        disk.fault = { if case .read = $0 { EIO } else { nil } }
        #expect(try load().boots.isEmpty)
    }

    @Test func withBothSlotsLostItBeginsAnew() throws {
        try write([history(boots: 3), history(boots: 3)])
        disk.change(path) { $0 = $0.map { _ in 0xA5 } }
        #expect(try load().boots.isEmpty)
        let newest = history(boots: 2, salt: 9)
        try write([newest])
        #expect(same(try load().boots, newest.boots))
    }

    @Test(arguments: [EIO, ENOSPC, EROFS])
    func aFailedWriteNeverTouchesTheOnlyCopy(error: Int32) throws {
        let histories = (0..<3).map { history(boots: 2, salt: $0 * 1000) }
        var (file, _) = try load()
        try file.write(histories[0])
        try file.write(histories[1])
        _ = disk.takeWrites()
        for failing in [MemoryDisk.Call.write(offset: 4096, count: 4096), .sync] {
            disk.fault = { $0 == failing ? error : nil }
            for _ in 0..<3 { #expect(throws: FileError.self) { try file.write(histories[2]) } }
            #expect(!disk.takeWrites().contains { $0 == .write(offset: 0, count: 4096) })
        }
        disk.fault = { _ in nil }
        // A torn page is what the failures may have left.
        disk.change(path) { $0.replaceSubrange(4096..<6000, with: $0[0..<1904]) }
        #expect(same(try load().boots, histories[1].boots))
        try file.write(histories[2])
        #expect(same(try load().boots, histories[2].boots))
    }

    // MARK: Nonsense

    /// Changes slot 1, which stays whole by its checksum.
    private func changeKeepingChecksum(_ body: (inout [UInt8]) -> Void) {
        disk.change(path) { bytes in
            body(&bytes)
            var checksum = ByteWriter()
            checksum.put(CRC32C.checksum(bytes[Page.size..<2 * Page.size - 4]))
            bytes.replaceSubrange(2 * Page.size - 4..<2 * Page.size, with: checksum.bytes)
        }
    }

    /// Pages that are whole by their checksum and mean nothing.
    @Test(arguments: 1...300)
    func nonsenseIsIgnored(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        try write([history(boots: 6, anchors: 9)])
        changeKeepingChecksum { bytes in
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Page.size + .random(in: 8..<700, using: &random)
                bytes[index] =
                    [0, 1, 0x7F, 0x80, 0xFF, bytes[index] ^ 4].randomElement(
                        using: &random) ?? 0
            }
        }
        var (file, boots) = try load()
        #expect(boots.count <= ClockHistory.bootLimit)
        let present = SimulatedClocks(boot: BootID(high: 5, low: 5)).anchor
        var history = ClockHistory(present, epoch: 7, stored: boots)
        #expect(history.anchor(for: present) == present)
        for times in boots {
            let own = times.curve.last
            _ = history.anchor(for: own.boot, own: own, at: Instant(nanoseconds: .max))
            _ = history.anchor(for: own.boot, own: own, at: Instant(nanoseconds: .min))
        }
        history.advance(to: present)
        try file.write(history)
        #expect(same(try load().boots, history.boots))
    }

    @Test func aBootThatIsThereTwiceIsNonsense() throws {
        try write([history(boots: 2)])
        changeKeepingChecksum { bytes in
            // A boot with one anchor is 47 bytes long.
            let first = Page.size + 24
            bytes.replaceSubrange(first + 47..<first + 63, with: bytes[first..<first + 16])
        }
        #expect(try load().boots.isEmpty)
    }

    @Test func aVersionFromTheFutureIsNotGuessedAt() throws {
        try write([history(boots: 2)])
        changeKeepingChecksum { bytes in
            bytes[Page.size + 8] = 2
        }
        #expect(try load().boots.isEmpty)
    }

    // MARK: The real disk

    @Test func keepsABootsTimeOverARestart() throws {
        let fixture = Fixture()
        mkdir(fixture.directory, 0o700)
        var (file, _) = try ClockFile.load(fixture.directory, PosixFileSystem())
        let first = history(boots: 3, anchors: 3)
        try file.write(first)
        let (_, stored) = try ClockFile.load(fixture.directory, PosixFileSystem())
        #expect(same(stored, first.boots))
        // The same boot, its clock not believed any more: the sync of before still counts.
        var clocks = SimulatedClocks(boot: first.latest.boot, quality: .unsynchronized)
        clocks.advance(by: .seconds(10_000))
        let again = ClockHistory(clocks.anchor, epoch: 4, stored: stored)
        #expect(again.observed.quality == .synchronized)
        #expect(again.observed.wall == first.boots[2].curve.wallTime(at: clocks.instant))
    }
}
