import Platform
import Telemetry

/// The gateway as a service: what the service manager hears of it.
extension Cabinet {
    /// How often the manager may get another status.
    static let serviceStatusInterval = Duration.seconds(5)

    /// Begins to give signs of life, if the manager watches.
    func startServiceWatchdog() async {
        guard let manager = environment.manager, let timeout = manager.watchdog else { return }
        let watchdog = Watchdog(
            feeding: WatchdogFeeding(
                label: "service watchdog", liveness: liveness,
                meter: WatchdogMeter(device: "service"), logger: environment.logger
            ) { () throws(SystemError) in ServiceWatchdog(manager, timeout: timeout) })
        serviceWatchdog = watchdog
        await watchdog.start()
    }

    func stopServiceWatchdog() async {
        let old = serviceWatchdog
        serviceWatchdog = nil
        await old?.stop()
    }

    /// Says that the gateway runs, and from now on how it is doing.
    func tellManager() {
        guard let manager = environment.manager else { return }
        manager.show(ServiceStatus.line(board.report))
        manager.ready()
        serviceStatus = Task(executorPreference: executor) { [board, executor] in
            while !Task.isCancelled {
                do throws(CancellationError) {
                    try await executor.sleep(until: executor.now + Self.serviceStatusInterval)
                } catch {
                    return
                }
                manager.show(ServiceStatus.line(board.report))
            }
        }
    }
}
