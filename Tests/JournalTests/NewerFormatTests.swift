import Glibc
import Telemetry
import Testing

@testable import Journal

/// A journal that a newer program has written is refused and stays as it is.
@Suite struct NewerFormatTests {
    /// The version stands at byte 8, behind a magic.
    private static let version: [Int: [UInt8]] = [8: [2]]

    /// Versions raised as a newer program would have written them.
    static let places = [
        SealedPlace(file: "state", numbers: version),
        SealedPlace(file: "state", page: 1, numbers: version),
        SealedPlace(file: "clock", numbers: version),
        SealedPlace(file: "clock", page: 1, numbers: version),
        SealedPlace(file: "outlets", page: 1, numbers: version),
        SealedPlace(file: "normal-000000.segment", numbers: version),
        SealedPlace(file: "urgent-000000.segment", numbers: version),
        SealedPlace(
            file: "normal-000000.segment", page: 1, size: FrameHeader.size, numbers: version),
        SealedPlace(
            file: "normal-000000.segment", page: 3, size: FrameHeader.size, numbers: version),
    ]

    /// A journal of two outlets with three frames in the normal queue and one in the urgent.
    private func filled() throws -> Fixture {
        let fixture = Fixture()
        let journal = try fixture.open()
        journal.replaceOutlets(["city", "home"])
        journal.append(fixture.readings(1, urgent: true), now: fixture.now)
        fixture.fill(journal, commits: 3)
        var receiver = Receiver()
        receiver.drain(journal, batch: 50, by: journal.outlet(named: "city"))
        for _ in 0..<2 { journal.close(anchor: fixture.anchor) }
        return fixture
    }

    private func files(of fixture: Fixture) -> [String: ArraySlice<UInt8>] {
        let paths = FileTree(fixture.directory).paths
        return Dictionary(uniqueKeysWithValues: paths.map { ($0, contents(of: $0)) })
    }

    @Test(arguments: places)
    func isRefusedAndStaysAsItIs(_ place: SealedPlace) throws {
        let fixture = try filled()
        place.write(in: fixture)
        let before = files(of: fixture)
        let path = fixture.directory + "/" + place.file
        let code = JournalError.Code.newerFormat(file: path, version: 2, known: 1)
        let refusal = JournalError(code, directory: fixture.directory)
        #expect(throws: refusal) { try fixture.reopen() }
        #expect(throws: refusal) {
            try JournalInspection(directory: fixture.directory, points: PointTable())
        }
        #expect(throws: refusal) { try JournalRewind.write([:], in: fixture.directory) }
        #expect(files(of: fixture) == before)
    }

    /// One turned bit is no newer version: what is damaged never stops a start.
    @Test(arguments: places)
    func aVersionThatIsDamagedDoesNotStopAStart(_ place: SealedPlace) throws {
        let fixture = try filled()
        let path = fixture.directory + "/" + place.file
        overwrite(path, at: place.offset + 8, { $0[0] = 2 }, count: 1)
        #expect(throws: Never.self) { try fixture.reopen() }
    }

    /// A disk that could not be read at the start shows only later what is on it.
    @Test func isNotWrittenToWhenTheDiskHealsLater() throws {
        let fixture = try filled()
        Self.places[0].write(in: fixture)
        let disk = MemoryDisk()
        for (path, bytes) in files(of: fixture) { disk.change(path) { $0 = Array(bytes) } }
        let before = disk.files
        disk.fault = { if case .read = $0 { EIO } else { nil } }
        let journal = try ReadingJournal(
            directory: fixture.directory, fileSystem: disk, points: fixture.points,
            options: fixture.options, anchor: fixture.anchor)
        disk.fault = { _ in nil }
        journal.append(fixture.readings(10), now: fixture.now)
        for _ in 0..<3 { fixture.commit(journal) }
        #expect(disk.files == before)
        #expect(!journal.statistics.isDurable)
        guard case .failing = journal.statistics.health else {
            Issue.record("the journal says that all is well")
            return
        }
    }
}
