import Telemetry
import Testing

@testable import Gateway

@Suite struct DeadbandFilterTests {
    /// Which of these readings, each with its second, the filter lets pass.
    private func passed(
        _ deadband: Double, _ readings: [(second: Int64, value: Value?)]
    ) -> [Int64] {
        var filter = DeadbandFilter(deadband: deadband)
        return readings.filter { second, value in
            filter.passes(
                value, quality: value == nil ? .timeout : .good,
                at: Instant(nanoseconds: second * 1_000_000_000))
        }.map(\.second)
    }

    @Test func smallChangesAreLeftOutAndLargeOnesAreNot() {
        let readings: [(Int64, Value?)] = [
            (0, .double(230)), (1, .double(230.4)), (2, .double(230.5)), (3, .double(230.1)),
        ]
        #expect(passed(0.5, readings) == [0, 2])
    }

    @Test func failureAndReturnAreNeverLeftOut() {
        let readings: [(Int64, Value?)] = [(0, .int64(1)), (1, nil), (2, nil), (3, .int64(1))]
        #expect(passed(100, readings) == [0, 1, 2, 3])
    }

    @Test func aPointThatDoesNotMoveIsStillHeardOf() {
        let readings: [(Int64, Value?)] = [(0, .int64(1)), (599, .int64(1)), (600, .int64(1))]
        #expect(passed(1, readings) == [0, 600])
    }
}
