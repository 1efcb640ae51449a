import Telemetry
import Testing

@testable import Gateway

@Suite struct DeadbandFilterTests {
    private func at(_ seconds: Int64) -> Instant {
        Instant(nanoseconds: seconds * 1_000_000_000)
    }

    @Test func smallChangesAreLeftOutAndLargeOnesAreNot() {
        var filter = DeadbandFilter(deadband: 0.5)
        #expect(filter.passes(.double(230), quality: .good, at: at(0)))
        #expect(!filter.passes(.double(230.4), quality: .good, at: at(1)))
        #expect(filter.passes(.double(230.5), quality: .good, at: at(2)))
        #expect(!filter.passes(.double(230.1), quality: .good, at: at(3)))
    }

    @Test func failureAndReturnAreNeverLeftOut() {
        var filter = DeadbandFilter(deadband: 100)
        #expect(filter.passes(.int64(1), quality: .good, at: at(0)))
        #expect(filter.passes(nil, quality: .timeout, at: at(1)))
        #expect(filter.passes(nil, quality: .timeout, at: at(2)))
        #expect(filter.passes(.int64(1), quality: .good, at: at(3)))
    }

    @Test func aPointThatDoesNotMoveIsStillHeardOf() {
        var filter = DeadbandFilter(deadband: 1)
        #expect(filter.passes(.int64(1), quality: .good, at: at(0)))
        #expect(!filter.passes(.int64(1), quality: .good, at: at(599)))
        #expect(filter.passes(.int64(1), quality: .good, at: at(600)))
    }
}
