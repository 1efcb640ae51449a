import Frames
import Glibc
import Telemetry
import Testing

@testable import Journal

/// Numbers that no journal lives to reach, and frames that nothing honest writes: somebody has made
/// them, and they cost no reading that comes behind.
@Suite struct ExhaustionTests {
    /// A number of a page that a checksum seals.
    struct Place: CustomTestStringConvertible {
        var file: String
        var page = 0
        var size = 4096
        /// Where the number stands in the page, and what is written there.
        var numbers: [Int: [UInt8]]

        var testDescription: String { "\(file), page \(page), bytes \(numbers.keys.sorted())" }
    }

    private static let epoch: [UInt8] = [0, 0, 0, 0xA0]
    private static let generation: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]

    static let places = [
        Place(file: "state", numbers: [12: epoch]),
        Place(file: "normal-000000.segment", numbers: [32: epoch]),
        Place(file: "normal-000000.segment", page: 3, size: 128, numbers: [48: epoch]),
        Place(file: "normal-000000.segment", numbers: [16: generation]),
    ]

    private func filled(commits: Int = 3) throws -> Fixture {
        let fixture = Fixture()
        let journal = try fixture.open()
        for round in 0..<commits {
            journal.append(fixture.readings(100, from: round * 100), now: fixture.now)
            fixture.commit(journal)
        }
        journal.close(anchor: fixture.anchor)
        return fixture
    }

    /// Writes numbers there and makes the checksum right.
    private func forge(_ place: Place, in fixture: Fixture) {
        let change: (inout [UInt8]) -> Void = { bytes in
            for (offset, number) in place.numbers {
                bytes.replaceSubrange(offset..<offset + number.count, with: number)
            }
            let end = bytes.count - 4
            let checksum: UInt32 = CRC32C.checksum(bytes[..<end])
            withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(end..., with: $0) }
        }
        let path = fixture.directory + "/" + place.file
        overwrite(path, at: place.page * 4096, change, count: place.size)
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
    func numbersThatAreUsedUpCostNoNewReading(_ place: Place) throws {
        let fixture = try filled()
        forge(place, in: fixture)
        try expectThatReadingsStay(fixture)
        let kept = FileTree(fixture.directory + "/quarantine").paths
        #expect(kept.contains { $0.hasSuffix("/normal-000000.segment") })
    }

    @Test func whereTheyCannotBePutAsideReadingsWaitInMemory() throws {
        let fixture = try filled()
        forge(Self.places[0], in: fixture)
        forge(Self.places[3], in: fixture)
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
        forge(
            Place(
                file: path, page: 2, size: 128,
                numbers: [48: [1, 0, 0, 0], 52: [0, 0x28], 96: zeros]),
            in: fixture)
        forge(Place(file: path, page: 3, size: 128, numbers: [48: far, 96: far]), in: fixture)
        try expectThatReadingsStay(fixture)
    }
}
