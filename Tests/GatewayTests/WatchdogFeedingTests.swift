import Glibc
import Logging
import Platform
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// A watchdog that writes down what is done to it, and fails as a test wants.
private final class ScriptedSink: WatchdogSink {
    struct State {
        var opened = 0
        var fed = 0
        var stopped = 0
        var openFailure: Int32?
        var feedFailure: Int32?
        var stopFailure: Int32?
    }

    /// What all sinks of a test have in common.
    final class Script: Sendable {
        let state = Mutex(State())
        var now: State { state.withLock { $0 } }
        func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
    }

    let name = "scripted"
    let timeout: Duration
    let remark: String? = "6s was asked for"
    private let script: Script

    init(_ script: Script, timeout: Duration) throws(SystemError) {
        (self.script, self.timeout) = (script, timeout)
        if let failure = script.now.openFailure { throw SystemError("open", "w", errno: failure) }
        script.set { $0.opened += 1 }
    }

    func feed() throws(SystemError) {
        if let failure = script.now.feedFailure { throw SystemError("write", "w", errno: failure) }
        script.set { $0.fed += 1 }
    }

    func stop() throws(SystemError) {
        if let failure = script.now.stopFailure { throw SystemError("stop", "w", errno: failure) }
        script.set { $0.stopped += 1 }
    }
}

/// The messages of a log.
private final class Messages: LogHandler, Sendable {
    let lines = Mutex<[String]>([])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

@Suite struct WatchdogFeedingTests {
    private let clock = ManualClock()
    private let liveness = Liveness()
    private let meter = WatchdogMeter(device: "w")
    private let script = ScriptedSink.Script()
    private let messages = Messages()

    private func feeding(timeout: Duration = .seconds(5)) -> WatchdogFeeding {
        let (script, messages) = (script, messages)
        return WatchdogFeeding(
            liveness: liveness, meter: meter, logger: Logger(label: "test") { _ in messages }
        ) { () throws(SystemError) in try ScriptedSink(script, timeout: timeout) }
    }

    private var status: StatusReport.Watchdog { meter.report(at: clock.now()) }

    /// Lets time pass as the feeder's thread does.
    private func run(_ feeding: inout WatchdogFeeding, for span: Duration) {
        let end = clock.now() + span
        var next = clock.now()
        while next <= end {
            clock.advance(by: max(.zero, next - clock.now()))
            next = feeding.step(at: clock.now())
        }
        clock.advance(by: end - clock.now())
    }

    @Test func feedsFourTimesATimeoutAtMostTenSecondsApart() {
        var feeding = feeding()
        #expect(feeding.step(at: clock.now()) == clock.now() + .milliseconds(1250))
        run(&feeding, for: .seconds(10))
        #expect(script.now.fed == 10)
        #expect(script.now.opened == 1)
        #expect(messages.take().count == 1)
        #expect(status.isFed && status.timeoutSeconds == 5)
        #expect(WatchdogFeeding.rhythm(.seconds(60)) == .seconds(10))
    }

    @Test func isNotFedWhileALoopHangsAndAgainWhenItIsBack() {
        var feeding = feeding()
        let pulse = liveness.pulse(of: "the journal")
        let other = liveness.pulse(of: "the bus plc")
        other.promise(until: .latest)
        pulse.promise(until: clock.now() + .seconds(1))
        run(&feeding, for: .seconds(21))
        _ = messages.take()
        let fed = script.now.fed
        run(&feeding, for: .seconds(9))
        #expect(script.now.fed - fed <= 1)
        #expect(
            messages.take() == [
                "watchdog: not fed: no sign of life from the journal for 21 s"
            ])
        #expect(!status.isFed)
        #expect(status.failure == "no sign of life from the journal for 29 s")
        pulse.promise(until: .latest)
        run(&feeding, for: .seconds(5))
        #expect(script.now.fed - fed >= 4)
        #expect(messages.take() == ["watchdog: all are back after 29 s; fed again"])
        #expect(status.isFed && status.failure == nil)
    }

    @Test func aLineThatAReloadEndsIsForgotten() {
        var feeding = feeding()
        let old = liveness.pulse(of: "the bus plc")
        old.promise(until: clock.now() + .seconds(1))
        run(&feeding, for: .seconds(5))
        old.end()
        let new = liveness.pulse(of: "the bus plc")
        new.promise(until: .latest)
        let fed = script.now.fed
        run(&feeding, for: .seconds(60))
        #expect(script.now.fed - fed >= 48)
        #expect(status.isFed)
    }

    @Test func isStoppedInOrder() {
        var feeding = feeding()
        run(&feeding, for: .seconds(1))
        _ = messages.take()
        feeding.stop()
        #expect(script.now.stopped == 1)
        #expect(messages.take() == ["watchdog: scripted is stopped"])
        feeding.stop()
        #expect(script.now.stopped == 1)
    }

    @Test func saysThatTheKernelDoesNotLetItBeStopped() {
        var feeding = feeding()
        run(&feeding, for: .seconds(1))
        _ = messages.take()
        script.set { $0.stopFailure = EBUSY }
        feeding.stop()
        let said = messages.take()
        #expect(said.count == 1 && said[0].contains("nowayout"))
    }

    @Test(arguments: [EACCES, ENOENT, EBUSY])
    func isTriedAgainUntilItOpensAndSaysSoOnce(_ failure: Int32) {
        var feeding = feeding()
        script.set { $0.openFailure = failure }
        run(&feeding, for: .seconds(600))
        let said = messages.take()
        #expect(said.count == 1 && said[0].contains("it does not watch: open w: "))
        #expect(!status.isFed && status.failure?.hasPrefix("open w: ") == true)
        #expect(status.timeoutSeconds == nil)
        script.set { $0.openFailure = nil }
        run(&feeding, for: WatchdogFeeding.delays.upperBound)
        #expect(script.now.opened == 1)
        #expect(
            messages.take() == [
                "watchdog: scripted resets the board unless fed for 5s; 6s was asked for"
            ])
        #expect(status.isFed)
    }

    @Test func isOpenedAnewWhenItCannotBeFed() {
        var feeding = feeding()
        run(&feeding, for: .seconds(1))
        script.set { $0.feedFailure = ENODEV }
        run(&feeding, for: .seconds(3))
        #expect(!status.isFed)
        script.set { $0.feedFailure = nil }
        run(&feeding, for: WatchdogFeeding.delays.upperBound)
        #expect(script.now.opened >= 2 && script.now.stopped == 0)
        #expect(status.isFed)
    }
}
