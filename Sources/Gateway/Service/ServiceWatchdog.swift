import Platform

/// The service manager as a watchdog: unless it gets signs of life it kills the process (SIGABRT)
/// and starts it again (WatchdogSec=, systemd.service(5)).
final class ServiceWatchdog: WatchdogSink {
    private let manager: ServiceManager
    let timeout: Duration

    init(_ manager: ServiceManager, timeout: Duration) {
        (self.manager, self.timeout) = (manager, timeout)
    }

    let name = "the service manager"
    let effect = "restarts the gateway"
    let remark: String? = nil
    /// The manager stops watching a service that ends.
    let needsStop = false

    func feed() throws(SystemError) { try manager.feed() }
    func stop() {}
}
