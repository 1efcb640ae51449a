import Journal
import Telemetry
import Testing

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
}
