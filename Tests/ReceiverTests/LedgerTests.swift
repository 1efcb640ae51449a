import Telemetry
import TestSupport
import Testing

@testable import Receiver

@Suite struct LedgerTests {
    @Test func aBatchThatComesAgainChangesNothing() throws {
        let database = try TestDatabase()
        #expect(try database.record(ReceiverFixture.batch(0..<5)).inserted == 5)
        let again = try database.record(ReceiverFixture.batch(0..<5), ReceiverFixture.batch(3..<7))
        #expect(again.inserted == 2 && again.repeated == 7 && again.newGateways.isEmpty)
        #expect(try database.table("sequence, value_integer", "readings").count == 7)
        #expect(try database.table("first, \"end\"", "covered") == ["0 7"])
    }

    @Test func joinsRangesInWhateverOrderTheyCome() throws {
        let database = try TestDatabase()
        var random = SplitMix(seed: 3)
        var model = Set<UInt64>()
        for _ in 0..<300 {
            let first = UInt64.random(in: 0..<500, using: &random)
            let numbers = first..<first + UInt64.random(in: 1...6, using: &random)
            try database.record(ReceiverFixture.batch(numbers))
            model.formUnion(numbers)
        }
        var covered = Set<UInt64>()
        var last: UInt64 = 0
        for row in try database.connection.rows("SELECT first, \"end\" FROM covered ORDER BY first")
        {
            let first = try #require(row[0].flatMap { UInt64($0) })
            let end = try #require(row[1].flatMap { UInt64($0) })
            #expect(covered.isEmpty || first > last)
            covered.formUnion(first..<end)
            last = end
        }
        #expect(covered == model)
        #expect(
            try database.ledger.missing(of: ReceiverFixture.stream) == last - UInt64(model.count))
        let watermark = try database.ledger.watermark(of: ReceiverFixture.stream)
        #expect(watermark.committed == (0...).first { !model.contains($0) })
        #expect(watermark.ranges.allSatisfy { model.isSuperset(of: $0) })
        #expect(watermark.ranges.last?.upperBound == last)
    }

    @Test func tellsAtMostTheNewestRanges() throws {
        let database = try TestDatabase()
        for number in 1...100 {
            try database.record(ReceiverFixture.batch(UInt64(number * 2)..<UInt64(number * 2 + 1)))
        }
        let watermark = try database.ledger.watermark(of: ReceiverFixture.stream)
        #expect(watermark.committed == 0 && watermark.ranges.count == 64)
        #expect(watermark.ranges.first == 74..<75 && watermark.ranges.last == 200..<201)
    }

    @Test func whatAFilterLeftOutIsCovered() throws {
        let database = try TestDatabase()
        var batch = ReceiverFixture.batch(3..<5)
        batch.span = 0..<9
        try database.record(batch)
        #expect(try database.table("sequence", "readings") == ["3", "4"])
        #expect(try database.ledger.watermark(of: ReceiverFixture.stream).committed == 9)
        #expect(try database.ledger.gaps(limit: 10).isEmpty)
    }

    @Test func aGapIsWhatHasNotCome() throws {
        let database = try TestDatabase()
        // In one transaction too, in whatever order.
        let recording = try database.record(
            ReceiverFixture.gap(0..<10), ReceiverFixture.batch(4..<6))
        #expect(recording.gaps.map(\.numbers) == [0..<4, 6..<10])
        #expect(try database.table("first, count, reason", "gaps").count == 2)
        #expect(try database.record(ReceiverFixture.gap(0..<10)).gaps.isEmpty)
        #expect(try database.ledger.watermark(of: ReceiverFixture.stream).committed == 10)
    }

    @Test func readingsThatComeAfterAllAreNoGap() throws {
        let database = try TestDatabase()
        try database.record(ReceiverFixture.gap(0..<10))
        try database.record(ReceiverFixture.batch(3..<5))
        #expect(
            try database.table("first, count, reason", "gaps")
                == ["0 3 journal-full", "5 5 journal-full"])
        #expect(try database.table("sequence", "readings").count == 2)
    }

    @Test func listsHolesAndDeclaredGaps() throws {
        let database = try TestDatabase()
        try database.record(ReceiverFixture.batch(4..<6), ReceiverFixture.gap(8..<9))
        #expect(
            try database.ledger.gaps(limit: 10).map(\.numbers) == [0..<4, 6..<8, 8..<9])
        #expect(try database.ledger.gaps(limit: 10).map(\.reason) == [nil, nil, "journal-full"])
    }

    @Test func keepsAboundedNumberOfRefusedMessages() throws {
        let database = try TestDatabase()
        let payload = [UInt8](repeating: 65, count: Schema.refusedPayloadLimit + 1)
        for number in 0..<Schema.refusedLimit + 5 {
            let message = RefusedMessage(
                topic: "armadio/\0", reason: "\(number)", payload: payload,
                arrival: ReceiverFixture.arrival)
            _ = try database.ledger.record([], refused: [message])
        }
        let rows = try database.table("id, length(payload), reason", "refused")
        #expect(rows.count == Schema.refusedLimit)
        #expect(rows.first == "6 \(Schema.refusedPayloadLimit) 5")
    }

    @Test func whatFailsLeavesNothingBehind() throws {
        let database = try TestDatabase()
        var bad = ReceiverFixture.batch(0..<2)
        if case .readings(var readings) = bad.content {
            // A trigger stands for whatever a database may not take.
            readings[1].device = "bad"
            bad.content = .readings(readings)
        }
        try database.connection.run(
            "CREATE TRIGGER t BEFORE INSERT ON readings WHEN NEW.device = 'bad' "
                + "BEGIN SELECT RAISE(ABORT, 'not taken'); END")
        #expect(throws: DatabaseFailure.self) {
            try database.record(ReceiverFixture.batch(10..<12), bad)
        }
        #expect(try database.table("sequence", "readings").isEmpty)
        #expect(try database.table("first", "covered").isEmpty)
        try database.record(ReceiverFixture.batch(10..<12))
        #expect(try database.table("sequence", "readings").count == 2)
    }

    @Test func severalProcessesMayWriteOneFile() async throws {
        let folder = try TestFolder()
        let path = folder.path("readings.db")
        let stores = (0..<4).map { _ in ReadingStore(.sqlite(path: path)) }
        // Each of the stores has a connection and a thread of its own; all get all, shuffled.
        try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, store) in stores.enumerated() {
                group.addTask {
                    var random = SplitMix(seed: UInt64(index))
                    var inserted = 0
                    for number in (0..<40 as Range<UInt64>).shuffled(using: &random) {
                        let batch = ReceiverFixture.batch(number * 10..<number * 10 + 12)
                        inserted += try await store.record([batch], refused: []).inserted
                    }
                    return inserted
                }
            }
            let inserted = try await group.reduce(0, +)
            #expect(inserted == 402)
        }
        let watermarks = try await stores[0].watermarks(of: [ReceiverFixture.stream])
        #expect(watermarks.first?.committed == 402 && watermarks.first?.ranges == [])
    }

    @Test func keepsItsHandsOffOtherTables() throws {
        let database = try TestDatabase()
        try database.connection.run("UPDATE armadio_schema SET version = 2")
        #expect(throws: DatabaseFailure.self) {
            try SQLiteConnection(path: database.path, creates: true)
        }
    }

    @Test(arguments: [
        "postgres://a:b@c/d", "postgresql://c/d?password=x", "mysql://c/d", "",
        "postgres://c/d?sslmode=require&PassWord=x",
    ])
    func refusesDatabases(_ text: String) {
        #expect(throws: DatabaseFailure.self) { try DatabaseLocation(text) }
    }

    @Test(arguments: ["postgres://a@c:5432/d", "postgresql:///d?host=/tmp/x"])
    func takesConnectionURIs(_ text: String) throws {
        #expect(try DatabaseLocation(text) == .postgres(uri: text))
        #expect(try DatabaseLocation("/var/lib/a:b.db") == .sqlite(path: "/var/lib/a:b.db"))
    }
}
