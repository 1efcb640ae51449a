import Telemetry
import TestSupport
import Testing

@testable import Journal

@Suite struct ClockCurveTests {
    private let year = Duration.seconds(365 * 86_400)

    private func error(_ curve: ClockCurve, _ truth: ClockAnchor) -> Duration {
        let error = curve.wallTime(at: truth.instant) - truth.wall
        return error < .zero ? .zero - error : error
    }

    @Test func aWeekOf100PPMWithHourlyAnchorsIsRightToAMicrosecond() {
        var clocks = SimulatedClocks()
        var curve = ClockCurve(clocks.anchor)
        var truths: [ClockAnchor] = []
        for minute in 1...7 * 24 * 60 {
            clocks.advance(by: .seconds(60), gainingPerSecond: 100_000)
            truths.append(clocks.anchor)
            if minute % 60 == 0 { curve.note(clocks.anchor) }
        }
        #expect(curve.anchors.count == 2)
        #expect(truths.allSatisfy { error(curve, $0) <= .microseconds(1) })
    }

    /// The drift follows the temperature: 100 ppm, 2 ppm up and down each day.
    @Test func aWeekOfChangingDriftIsRightTo3Milliseconds() {
        var clocks = SimulatedClocks()
        var curve = ClockCurve(clocks.anchor)
        var truths: [ClockAnchor] = []
        for minute in 1...7 * 24 * 60 {
            let isWarm = minute % 1440 < 720
            clocks.advance(by: .seconds(60), gainingPerSecond: isWarm ? 102_000 : 98_000)
            truths.append(clocks.anchor)
            if minute % 60 == 0 { curve.note(clocks.anchor) }
        }
        #expect(curve.anchors.count <= ClockCurve.limit)
        #expect(truths.allSatisfy { error(curve, $0) <= .milliseconds(3) })
    }

    @Test(arguments: 1...200)
    func everyObservationStaysWithinTolerance(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var clocks = SimulatedClocks()
        var curve = ClockCurve(clocks.anchor)
        var truths = [clocks.anchor]
        var drift = 0.0
        // Ends before the limit makes room: what it costs is the next test's.
        while truths.count < 500, curve.anchors.count < ClockCurve.limit {
            if .random(in: 0..<20, using: &random) == 0 {
                drift = .random(in: -1_200_000...1_200_000, using: &random)
            }
            switch Int.random(in: 0..<30, using: &random) {
            case 0:
                let seconds = Int64.random(in: -400_000_000...400_000_000, using: &random)
                clocks.advance(by: .nanoseconds(1))
                clocks.wall = clocks.wall + .seconds(seconds)
            case 1...15:
                let jitter = Int64.random(in: -3...3, using: &random)
                clocks.advance(by: .seconds(1), gainingPerSecond: drift)
                clocks.wall = clocks.wall + .milliseconds(jitter)
            default:
                let seconds = Int64.random(in: 1...7200, using: &random)
                clocks.advance(by: .seconds(seconds), gainingPerSecond: drift)
            }
            truths.append(clocks.anchor)
            curve.note(clocks.anchor)
        }
        let worst = truths.map { error(curve, $0) }.max() ?? .zero
        #expect(worst <= ClockCurve.tolerance + .microseconds(2))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func tenYearsOfHoursAndStepsStayBoundedAndRight(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var clocks = SimulatedClocks()
        var curve = ClockCurve(clocks.anchor)
        var most = 0
        for hour in 1...10 * 365 * 24 {
            clocks.advance(by: .seconds(3600))
            if hour % 730 == 0 {
                curve.note(clocks.anchor)
                clocks.advance(by: .milliseconds(1))
                clocks.wall = clocks.wall + .milliseconds(.random(in: -3000...3000, using: &random))
            }
            var noisy = clocks.anchor
            noisy.wall = noisy.wall + .microseconds(.random(in: -200...200, using: &random))
            curve.note(noisy)
            most = max(most, curve.anchors.count)
        }
        #expect(most <= ClockCurve.limit)
        #expect(error(curve, clocks.anchor) <= .milliseconds(1))
        // All steps of ten years, 120 of up to 3 s each, through 32 anchors.
        let first = ClockAnchor(
            boot: clocks.boot, instant: .zero, wall: .earliestCredible, quality: .synchronized)
        #expect(error(curve, first) <= .milliseconds(1))
    }

    @Test(arguments: [-10, 10])
    func aStepOfTenYearsDividesTheBoot(years: Int) {
        var clocks = SimulatedClocks()
        var curve = ClockCurve(clocks.anchor)
        clocks.advance(by: .seconds(3600))
        curve.note(clocks.anchor)
        let (before, start) = (clocks.anchor, clocks.instant)
        clocks.advance(by: .seconds(600))
        clocks.wall = clocks.wall + year * years
        curve.note(clocks.anchor)
        let behind = clocks.anchor
        #expect(curve.nextStep(after: .zero) == behind.instant)
        #expect(curve.nextStep(after: behind.instant) == nil)
        for second in 0..<600 {
            let instant = start + .seconds(second)
            #expect(curve.wallTime(at: instant) == before.wallTime(at: instant))
        }
        for second in 0..<600 {
            let instant = behind.instant + .seconds(second)
            #expect(curve.wallTime(at: instant) == behind.wallTime(at: instant))
        }
    }

    @Test func aSyncAfterWeeksAloneIsSpreadOverThem() {
        var clocks = SimulatedClocks()
        var curve = ClockCurve(clocks.anchor)
        // 30 days without a time source at 2 ppm, then it is put right by 5.184 s.
        clocks.advance(by: .seconds(30 * 86_400), gainingPerSecond: -2_000)
        curve.note(clocks.anchor)
        let middle = Instant.zero + .seconds(15 * 86_400)
        let truth = WallTime.earliestCredible + .seconds(15 * 86_400) - .milliseconds(2592)
        #expect(curve.wallTime(at: middle) == truth)
    }

    @Test func anOlderObservationIsTakenUpIfItTellsMore() {
        var clocks = SimulatedClocks()
        let first = clocks.anchor
        clocks.advance(by: .seconds(100), gainingPerSecond: 500_000)
        let between = clocks.anchor
        clocks.advance(by: .seconds(100))
        var curve = ClockCurve(clocks.anchor)
        curve.note(first)
        curve.note(between)
        curve.note(between)
        #expect(curve.anchors == [first, between, clocks.anchor])
        clocks.advance(by: .seconds(100))
        curve.note(clocks.anchor)
        #expect(error(curve, between) == .zero && error(curve, clocks.anchor) == .zero)
    }

    @Test func whatNoCurveHoldsIsNotReadBack() {
        var clocks = SimulatedClocks()
        let anchors = (0...ClockCurve.limit).map { _ in
            clocks.advance(by: .seconds(1))
            return clocks.anchor
        }
        #expect(ClockCurve(stored: Array(anchors.dropLast())) != nil)
        #expect(ClockCurve(stored: anchors) == nil)
        #expect(ClockCurve(stored: []) == nil)
        #expect(ClockCurve(stored: [anchors[1], anchors[0]]) == nil)
        #expect(ClockCurve(stored: [anchors[0], anchors[0]]) == nil)
    }

    /// Instants and times at the ends of their range: nothing traps, the order holds.
    @Test(arguments: 1...50)
    func nothingTraps(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let edges: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
        func number() -> Int64 {
            Bool.random(using: &random)
                ? edges.randomElement(using: &random) ?? 0
                : .random(in: .min ... .max, using: &random)
        }
        func anchor() -> ClockAnchor {
            ClockAnchor(
                boot: BootID(high: 1, low: 1), instant: Instant(nanoseconds: number()),
                wall: WallTime(nanosecondsSince1970: number()), quality: .synchronized)
        }
        var curve = ClockCurve(anchor())
        for _ in 0..<300 {
            curve.note(anchor())
            _ = curve.wallTime(at: Instant(nanoseconds: number()))
            _ = curve.nextStep(after: Instant(nanoseconds: number()))
            #expect(curve.anchors.count <= ClockCurve.limit)
            #expect(ClockCurve(stored: curve.anchors) != nil)
        }
    }
}
