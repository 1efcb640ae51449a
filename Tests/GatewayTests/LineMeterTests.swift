import Telemetry
import Testing

@testable import Gateway

@Suite struct LineMeterTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    @Test func loadIsThatOfTheTimeSinceTheStart() {
        let meter = LineMeter(now: start)
        for second in 1...10 {
            meter.note(busy: .milliseconds(250), until: start + .seconds(second))
        }
        #expect(abs(meter.load(at: start + .seconds(10)) - 0.25) < 0.01)
    }

    @Test func loadIsThatOfAboutTheLastMinute() {
        let meter = LineMeter(now: start)
        for second in 1...300 {
            meter.note(
                busy: .milliseconds(second <= 200 ? 900 : 100), until: start + .seconds(second))
        }
        #expect(abs(meter.load(at: start + .seconds(300)) - 0.1) < 0.01)
        #expect(meter.load(at: start + .seconds(400)) == 0)
    }

    @Test func percentilesAreWithinAClass() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == nil)
        for millisecond in 1...1000 { histogram.note(.milliseconds(millisecond)) }
        let (median, high) = (histogram.percentile(0.5), histogram.percentile(0.95))
        #expect(abs((median?.seconds ?? 0) - 0.5) < 0.06)
        #expect(abs((high?.seconds ?? 0) - 0.95) < 0.1)
    }

    @Test func latenciesOfAnyLengthAreCounted() {
        for latency in [Duration.seconds(-1), .zero, .nanoseconds(1), .seconds(100_000)] {
            var histogram = LatencyHistogram()
            histogram.note(latency)
            #expect(histogram.percentile(0.5) != nil)
        }
    }

    /// What was long ago fades: a line that was mended is not called slow for ever.
    @Test func oldLatenciesFade() {
        var histogram = LatencyHistogram()
        for _ in 0..<2000 { histogram.note(.milliseconds(400)) }
        for _ in 0..<20_000 { histogram.note(.milliseconds(10)) }
        #expect((histogram.percentile(0.95)?.seconds ?? 1) < 0.012)
    }

    @Test func demandNamesWhoNeedsMost() {
        let demand = LineDemand(parts: [
            .init(device: "meter-1", cost: .milliseconds(600), interval: .seconds(1)),
            .init(device: "meter-2", cost: .milliseconds(700), interval: .seconds(1)),
            .init(device: "slow", cost: .seconds(6), interval: .seconds(60)),
        ])
        #expect(abs(demand.total - 1.4) < 0.001)
        #expect(
            demand.report == "needs 1.40 s for a 1s cycle: meter-2 (0.70 s each 1s), "
                + "meter-1 (0.60 s each 1s), slow (6.00 s each 1m); lengthen intervals or split the "
                + "line")
    }
}
