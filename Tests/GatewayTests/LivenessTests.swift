import Buses
import Drivers
import Logging
import Synchronization
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

    /// Each poll is ten requests that wait for a minute each.
    @Test func aSamplerWhoseDeviceNeedsManyTimeOutsIsAlive() async throws {
        let (clock, liveness) = (clock, liveness)
        let late = Mutex<[Liveness.Late]>([])
        let bus = SimulatedTimeBus(
            clock: clock, end: clock.now() + .seconds(7200), isMute: { _, _ in false },
            thinkTime: { _ in .zero })
        let points = PointTable()
        let point = Point(device: "slow", name: "p")
        let spec = DeviceSpec(
            name: "slow",
            plan: DevicePlan(channels: [Channel(name: "p")]) { _, _ in
                SlowReader(clock) {
                    let now = liveness.late(at: clock.now())
                    late.withLock { $0 += now }
                }
            },
            points: [
                DeviceSpec.PointSpec(
                    id: try #require(points.intern(point)), point: point, interval: .seconds(700),
                    deadband: nil)
            ])
        let meter = DeviceMeter()
        let sampler = LineSampler(
            name: "line", handle: .modbus(bus), meter: LineMeter(now: clock.now()),
            devices: [(spec, meter)], intake: Intake(), clock: clock, liveness: liveness,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await Task(executorPreference: bus.executor) { await sampler.run() }.value
        #expect(meter.snapshot.requests >= 100)
        #expect(late.withLock { $0 } == [])
        clock.advance(by: .seconds(86400))
        #expect(self.late == [])
    }
}

/// Needs ten minutes for each poll, and looks after each minute.
private final class SlowReader: Driver {
    private let clock: ManualClock
    private let look: () -> Void

    init(_ clock: ManualClock, look: @escaping () -> Void) {
        (self.clock, self.look) = (clock, look)
    }

    func arrange(groups: [[Int]]) {}

    func poll(group: Int, into sink: any SampleSink) async {
        for _ in 0..<10 {
            clock.advance(by: .seconds(60))
            look()
            sink.note(transfer: .seconds(60), failure: nil)
        }
        sink.take(Sample(channel: 0, value: .uint64(1), quality: .good, instant: sink.now()))
    }

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? { nil }
}
