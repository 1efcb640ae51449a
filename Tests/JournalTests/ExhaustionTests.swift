import Glibc
import Telemetry
import Testing

@testable import Journal

/// Numbers that no journal lives to reach, and frames that nothing honest writes: somebody has made
/// them, and they cost no reading that comes behind.
@Suite struct ExhaustionTests {
    private static let epoch: [UInt8] = [0, 0, 0, 0xA0]
    private static let generation: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]

    static let places = [
        SealedPlace(file: "state", numbers: [12: epoch]),
        SealedPlace(file: "normal-000000.segment", numbers: [32: epoch]),
        SealedPlace(
            file: "normal-000000.segment", page: 3, size: FrameHeader.size, numbers: [48: epoch]),
        SealedPlace(file: "normal-000000.segment", numbers: [16: generation]),
    ]

    private func filled(commits: Int = 3) throws -> Fixture {
        let fixture = Fixture()
        let journal = try fixture.open()
        fixture.fill(journal, commits: commits)
        journal.close(anchor: fixture.anchor)
        return fixture
    }

    /// Ten readings in each of three starts; all are there at the end.
    private func expectThatReadingsStay(_ fixture: Fixture) throws {
        var epochs: Set<Epoch> = []
        for round in 0..<3 {
            let journal = try fixture.reopen()
            #expect(journal.statistics.isDurable)
            epochs.insert(journal.epoch(of: .normal))
            journal.append(fixture.readings(10, from: 1000 + round * 10), now: fixture.now)
            fixture.commit(journal)
        }
        #expect(epochs.count == 3)
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order.filter { $0 >= 1000 } == Array(1000..<1030))
    }

    @Test(arguments: places)
    func numbersThatAreUsedUpCostNoNewReading(_ place: SealedPlace) throws {
        let fixture = try filled()
        place.write(in: fixture)
        try expectThatReadingsStay(fixture)
        let kept = FileTree(fixture.directory + "/quarantine").paths
        #expect(kept.contains { $0.hasSuffix("/normal-000000.segment") })
    }

    @Test func whereTheyCannotBePutAsideReadingsWaitInMemory() throws {
        let fixture = try filled()
        Self.places[0].write(in: fixture)
        Self.places[3].write(in: fixture)
        let folder = fixture.directory + "/quarantine"
        #expect(symlink("nowhere/at/all", folder) == 0)
        do {
            let journal = try fixture.reopen()
            journal.append(fixture.readings(10), now: fixture.now)
            for _ in 0..<3 { fixture.commit(journal) }
            #expect(!journal.statistics.isDurable)
            #expect(journal.statistics.readingsInMemory == 10)
            var receiver = Receiver()
            receiver.drain(journal, settling: false)
            #expect(receiver.order == Array(0..<10))
        }
        unlink(folder)
        try expectThatReadingsStay(fixture)
    }

    /// The second frame says that it comes before the first and reaches over the third, which says
    /// that all before it is settled.
    @Test func aFrameThatIsNoneHidesNothing() throws {
        let fixture = try filled(commits: 4)
        let far: [UInt8] = [9, 0, 0, 0]
        let path = "normal-000000.segment"
        let zeros = [UInt8](repeating: 0, count: 24)
        SealedPlace(
            file: path, page: 2, size: FrameHeader.size,
            numbers: [48: [1, 0, 0, 0], 52: [0, 0x28], 96: zeros]
        ).write(in: fixture)
        SealedPlace(file: path, page: 3, size: FrameHeader.size, numbers: [48: far, 96: far])
            .write(in: fixture)
        try expectThatReadingsStay(fixture)
    }
}
