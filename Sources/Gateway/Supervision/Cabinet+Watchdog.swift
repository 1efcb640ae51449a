import Platform
import Settings
import Telemetry

/// The hardware watchdog, fed while the loops of the buses, of the journal and of the uplink are
/// alive.
extension Cabinet {
    /// Begins to feed the watchdog that the plan names, if it names one. It has no part in whether
    /// the gateway runs: one that cannot be opened is told by the log, and tried again.
    func startWatchdog() async {
        guard let settings = plan.watchdog else { return board.show(watchdog: nil) }
        let meter = WatchdogMeter(device: settings.device)
        board.show(watchdog: meter)
        let watchdog = Watchdog(
            feeding: WatchdogFeeding(
                liveness: liveness, meter: meter, logger: environment.logger
            ) { () throws(SystemError) in
                try KernelWatchdog(path: settings.device, timeout: settings.timeout)
            })
        self.watchdog = watchdog
        await watchdog.start()
    }

    /// Ends its watch, so that the board is not reset.
    func stopWatchdog() async {
        let old = watchdog
        watchdog = nil
        await old?.stop()
    }

    /// Does something that has to come to its end within `Liveness.longestTransition`.
    func watched<Failure>(
        _ name: String, _ work: () async throws(Failure) -> Void
    ) async throws(Failure) {
        let pulse = liveness.pulse(of: name)
        pulse.promise(until: environment.clock.now() + Liveness.longestTransition)
        defer { pulse.end() }
        try await work()
    }
}
