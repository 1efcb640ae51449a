import Telemetry
import TestSupport
import Testing

@testable import Gateway

@Suite struct LivenessTests {
    private let clock = ManualClock()
    private let liveness = Liveness()

    private var late: [String] { liveness.late(at: clock.now()).map(\.loop) }

    @Test func aLoopIsLateWhenItsPromiseIsPastByMoreThanTheGrace() {
        let pulse = liveness.pulse(of: "the journal")
        clock.advance(by: .seconds(86400))
        #expect(late == [])
        pulse.promise(until: clock.now() + .seconds(5))
        clock.advance(by: .seconds(5) + Liveness.grace)
        #expect(late == [])
        clock.advance(by: .nanoseconds(1))
        #expect(late == ["the journal"])
        pulse.promise(until: clock.now())
        #expect(late == [])
    }

    @Test func whatIsDoneInBetweenNeverShortensAPromise() {
        let pulse = liveness.pulse(of: "the bus plc")
        pulse.promise(until: clock.now() + .seconds(3600))
        pulse.extend(until: clock.now() + .seconds(1))
        clock.advance(by: .seconds(3600))
        #expect(late == [])
        pulse.extend(until: clock.now() + Liveness.longestTransfer)
        clock.advance(by: Liveness.longestTransfer + Liveness.grace)
        #expect(late == [])
        clock.advance(by: .seconds(1))
        #expect(late == ["the bus plc"])
    }

    @Test func theOneAwayLongestComesFirst() {
        let pulses = ["b", "a", "c"].map { liveness.pulse(of: $0) }
        pulses[0].promise(until: clock.now() + .seconds(2))
        pulses[1].promise(until: clock.now() + .seconds(3))
        pulses[2].promise(until: clock.now() + .seconds(1))
        clock.advance(by: .seconds(60))
        #expect(late == ["c", "b", "a"])
    }

    @Test func whatHasEndedIsForgotten() {
        let ended = liveness.pulse(of: "ended")
        ended.promise(until: clock.now())
        var dropped: Liveness.Pulse? = liveness.pulse(of: "dropped")
        dropped?.promise(until: clock.now())
        clock.advance(by: .seconds(60))
        #expect(late == ["dropped", "ended"])
        ended.end()
        dropped = nil
        ended.promise(until: clock.now() - .seconds(60))
        ended.extend(until: clock.now() - .seconds(60))
        #expect(late == [])
    }

    /// Ten minutes of a line on which one device answers, and one needs the whole time-out.
    @Test func aSamplerThatWaitsForDevicesIsAlive() async {
        let line = await LineOfDevices(
            [.init(), .init(interval: .seconds(10))], for: .seconds(600),
            isMute: { unit, _ in unit == 2 })
        #expect(line.mostLate == 0)
        #expect(line.livesAfterwards == 0)
    }
}
