import Glibc
import Logging
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Gateway

@Suite struct ServiceManagerTests {
    private let clock = ManualClock()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func tellsWhatTheGatewayDoes() throws {
        let inbox = try #require(DatagramInbox("@armadio-test-manager-\(getpid())"))
        let manager = ServiceManager(
            socket: try ServiceSocket(address: inbox.address), clock: clock, logger: logger)
        manager.begin()
        manager.ready()
        manager.reload()
        manager.end()
        #expect(
            inbox.texts() == [
                "STATUS=recovers the journal\nEXTEND_TIMEOUT_USEC=600000000", "READY=1",
                "RELOADING=1\nMONOTONIC_USEC=1000000",
                "STOPPING=1\nSTATUS=stops: sends what can be sent, writes the rest\nEXTEND_TIMEOUT_USEC=600000000",
            ])
    }

    @Test func tellsAStatusOnceUntilItIsAnother() throws {
        let inbox = try #require(DatagramInbox("@armadio-test-status-\(getpid())"))
        let manager = ServiceManager(
            socket: try ServiceSocket(address: inbox.address), clock: clock, logger: logger)
        for status in ["a", "a", "b", "a", String(repeating: "x", count: 1000)] {
            manager.show(status)
        }
        let longest = "STATUS=" + String(repeating: "x", count: ServiceManager.statusLimit)
        #expect(inbox.texts() == ["STATUS=a", "STATUS=b", "STATUS=a", longest])
    }

    /// Two watchdogs at once: while all are alive both are fed, and neither when one loop hangs.
    @Test func aHungLoopStarvesTheManager() throws {
        let inbox = try #require(DatagramInbox("@armadio-test-hang-\(getpid())"))
        let socket = try ServiceSocket(address: inbox.address, watchdog: .seconds(20))
        let manager = ServiceManager(socket: socket, clock: clock, logger: logger)
        let liveness = Liveness()
        var feeding = WatchdogFeeding(
            label: "service watchdog", liveness: liveness, meter: WatchdogMeter(device: "service"),
            logger: logger
        ) { () throws(SystemError) in ServiceWatchdog(manager, timeout: .seconds(20)) }
        #expect(feeding.step(at: clock.now()) == clock.now() + .seconds(5))
        #expect(inbox.texts() == ["WATCHDOG=1"])
        let pulse = liveness.pulse(of: "a bus")
        pulse.promise(until: clock.now())
        clock.advance(by: Liveness.grace + .seconds(1))
        _ = feeding.step(at: clock.now())
        #expect(inbox.texts() == [])
        pulse.end()
        _ = feeding.step(at: clock.now())
        feeding.stop()
        #expect(inbox.texts() == ["WATCHDOG=1"])
    }
}
