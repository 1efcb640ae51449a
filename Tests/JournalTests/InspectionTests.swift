import Glibc
import Telemetry
import Testing

@testable import Journal

/// A look at a journal that changes nothing.
@Suite struct InspectionTests {
    /// A frame that is not wanted costs nothing, and what was written after is still there.
    @Test func framesThatAreNotWantedAreLeftOut() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        for day in 0..<3 {
            journal.append(fixture.readings(10, from: day * 10), now: fixture.now)
            fixture.commit(journal)
            fixture.now = fixture.now + .seconds(86_400)
        }
        let end = fixture.now
        func values(notBefore age: Duration) throws -> [Value] {
            let points = PointTable()
            var inspection = try JournalInspection(directory: fixture.directory, points: points)
            var (values, bytes): ([Value], Int) = ([], 0)
            try inspection.visit(
                .normal, where: { end - $0.instant <= age }, progress: { bytes += $0 }
            ) { item in
                guard case .batch(let batch, _) = item, case .readings(let readings) = batch.content
                else { return }
                values += (0..<readings.count).compactMap { readings.value(at: $0) }
            }
            #expect(bytes > 0 && bytes <= inspection.bytes)
            return values
        }
        #expect(try values(notBefore: .seconds(10 * 86_400)) == (0..<30).map { .int64($0) })
        #expect(try values(notBefore: .seconds(60 * 3600)) == (10..<30).map { .int64($0) })
        #expect(try values(notBefore: .seconds(60)) == [])
    }

    /// The readings that a look finds.
    private func count(in inspection: inout JournalInspection) throws -> Int {
        var count = 0
        try inspection.visit(.normal) { item in
            guard case .batch(let batch, _) = item else { return }
            count += Int(batch.count)
        }
        return count
    }

    /// A running gateway removes what is settled, at any moment of the look.
    @Test func whatIsGoneMeanwhileIsLeftOut() throws {
        let fixture = Fixture()
        fixture.fill(try fixture.open(), commits: 40)
        let segments = FileTree(fixture.directory).segments
        try #require(segments.count > 2)
        let disk = MemoryDisk()
        for path in FileTree(fixture.directory).paths {
            disk.change(path) { $0 = Array(contents(of: path)) }
        }
        func look() throws -> JournalInspection {
            try JournalInspection(
                directory: fixture.directory, fileSystem: disk, points: PointTable())
        }
        var early = try look()
        let all = try count(in: &early)
        #expect(all == 4000)
        disk.refuseToOpen = { $0 == segments[0] ? ENOENT : nil }
        let rest = try count(in: &early)
        #expect(rest > 0 && rest < all)
        #expect(try early.summary().queues.contains { $0.readings == UInt64(rest) })
        var late = try look()
        #expect(try count(in: &late) == rest)
        // What is there and cannot be read is told.
        disk.refuseToOpen = { $0 == segments[0] ? EIO : nil }
        #expect(throws: FileError.self) { try count(in: &early) }
        #expect(throws: FileError.self) { try look() }
    }
}
