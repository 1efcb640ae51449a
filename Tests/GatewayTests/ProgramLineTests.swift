import Buses
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Drivers
@testable import Gateway

/// A program on its line, in simulated time.
@Suite struct ProgramLineTests {
    /// How often the program was started.
    private final class Runs: Sendable {
        let count = Mutex(0)
    }

    /// What the program does is up to how often it was started, and to the time since the start.
    private func qualities(
        for span: Duration, interval: Duration,
        answers: @escaping @Sendable (_ run: Int, _ time: Duration) -> Bool
    ) async -> [Quality] {
        let clock = ManualClock(now: Instant(nanoseconds: 1_000_000_000_000))
        let (start, runs) = (clock.now(), Runs())
        let process = ScriptedLineProcess(clock: clock) { line in
            let time = clock.now() - start
            if time >= span { withUnsafeCurrentTask { $0?.cancel() } }
            if line.contains(#""op":"describe""#) {
                runs.count.withLock { $0 += 1 }
                return [.line(#"{"op":"described","points":{"temp":{}}}"#)]
            }
            guard answers(runs.count.withLock { $0 }, time) else { return [] }
            let id = line.split(separator: #""id":"#).last?.prefix { $0.isNumber } ?? ""
            return [
                .line(#"{"op":"polled","id":\#(id),"readings":[{"point":"temp","value":1}]}"#)
            ]
        }
        let (points, intake) = (PointTable(), Intake())
        let sampler = LineSampler(
            name: "exec-weather", handle: .process(process), meter: LineMeter(now: start),
            devices: [(spec(interval, points), DeviceMeter())], intake: intake, clock: clock,
            liveness: Liveness(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await Task(executorPreference: process.executor) { await sampler.run() }.value
        var content = Intake.Content()
        intake.drain(into: &content)
        return content.readings.qualities
    }

    private func spec(_ interval: Duration, _ points: PointTable) -> DeviceSpec {
        let plan = DevicePlan(channels: [Channel(name: "temp")]) { handle, _ in
            guard case .process(let process) = handle else { preconditionFailure("a program") }
            return ExecDriver(
                process: process,
                settings: ExecDriver.Settings(
                    device: "weather", points: [.init(name: "temp")], timeout: .seconds(5),
                    processorShare: 1))
        }
        let point = Point(device: "weather", name: "temp", unit: .none, isUrgent: false)
        guard let id = points.intern(point) else { preconditionFailure("the first point") }
        return DeviceSpec(
            name: "weather", plan: plan,
            points: [.init(id: id, point: point, interval: interval, deadband: nil)])
    }

    @Test(arguments: [Duration.seconds(1), .seconds(10), .seconds(600)])
    func aHungProgramIsBackWithinAMinute(interval: Duration) async {
        let qualities = await qualities(for: .seconds(3600), interval: interval) { run, time in
            run > 1 || time < .seconds(600)
        }
        let bad = qualities.filter { !$0.isGood }
        #expect(bad.count { $0 == .timeout } == 3)
        // The twin refuses a start for 10 s: no poll but those of that time is disconnected.
        #expect(bad.count { $0 == .disconnected } <= 11)
        // The deadline that passes while it is asked again and again.
        #expect(bad.count { $0 == .suspended } <= 1)
        #expect(qualities.last == .good)
        let expected = Int(Duration.seconds(3600) / interval)
        #expect(qualities.count { $0.isGood } >= expected - Int(.seconds(30) / interval) - 1)
    }

    @Test func aSilentOneIsAskedAgainAndAgain() async {
        let qualities = await qualities(for: .seconds(3600), interval: .seconds(10)) { _, _ in
            false
        }
        #expect(!qualities.contains { $0.isGood })
        #expect(qualities.contains(.timeout))
        #expect(qualities.contains(.disconnected))
    }
}
