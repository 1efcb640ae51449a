import Telemetry
import Testing

@testable import Uplink

/// A filter leaves readings out; what is sent still says exactly which ones it carries.
@Suite struct BatchIdentityTests {
    private func batch(_ wanted: Set<UInt32>) throws -> OutboundBatch {
        var fixture = SenMLFixture()
        for index in 0..<12 { try fixture.add(.int64(Int64(index)), "meter", "p\(index)", "V") }
        return fixture.outbound().filtered { wanted.contains($0.index) }
    }

    @Test func aFilteredBatchStandsForAllOfItsNumbers() throws {
        let batch = try batch([2, 3, 4, 7, 9])
        #expect(batch.items == 5 && batch.count == 12)
        let whole = BatchIdentity(of: batch, items: 0..<5)
        #expect((whole.first, whole.count, whole.numbers) == (40, 12, "2+3,7,9"))
        // Parts adjoin, and each counts from its own first.
        let head = BatchIdentity(of: batch, items: 0..<2)
        let tail = BatchIdentity(of: batch, items: 2..<5)
        #expect((head.first, head.count, head.numbers) == (40, 4, "2+2"))
        #expect((tail.first, tail.count, tail.numbers) == (44, 8, "0,3,5"))
    }

    @Test func aBatchOfWhichNothingIsLeftStillStands() throws {
        let batch = try batch([])
        #expect(batch.items == 0 && batch.count == 12 && batch.end.sequence == 52)
    }

    @Test func aBatchThatIsAllWantedSaysNothingOfIt() throws {
        let batch = try batch(Set(0..<12))
        #expect(batch.selection == nil)
        #expect(BatchIdentity(of: batch, items: 0..<12).numbers == nil)
    }

    @Test func aFilterOverAFilterCountsFromTheSameFirst() throws {
        let batch = try batch([2, 3, 4, 7, 9]).filtered { $0.index != 3 }
        #expect(BatchIdentity(of: batch, items: 0..<4).numbers == "2,4,7,9")
        #expect(batch.count == 12)
    }
}
