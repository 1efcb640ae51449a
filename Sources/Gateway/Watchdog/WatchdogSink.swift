import Platform
import Telemetry

/// What resets the board, or restarts the process, unless it is fed: the kernel's watchdog, or the
/// service manager.
protocol WatchdogSink: AnyObject {
    /// What it is called in the log.
    var name: String { get }
    /// What it does unless it is fed.
    var effect: String { get }
    /// How long it waits for the next feeding; more than 0.
    var timeout: Duration { get }
    /// What was not as it was asked for when it was opened; nil if nothing.
    var remark: String? { get }
    /// Whether it goes on counting after an ordered end unless it is stopped.
    var needsStop: Bool { get }
    /// Begins its timeout anew.
    func feed() throws(SystemError)
    /// Ends its watch, so that nothing is reset after an ordered stop.
    func stop() throws(SystemError)
}

extension WatchdogSink {
    var effect: String { "resets the board" }
    var needsStop: Bool { true }
}

/// The kernel's watchdog as a sink.
final class KernelWatchdog: WatchdogSink {
    private let device: WatchdogDevice
    let remark: String?

    var timeout: Duration { device.timeout }
    var name: String {
        device.identity.isEmpty ? device.path : "\(device.path) (\(device.identity))"
    }

    /// - Throws: `SystemError` if it cannot be opened; it is not counting then.
    init(path: String, timeout: Duration) throws(SystemError) {
        device = try WatchdogDevice(path: path, timeout: timeout)
        if let failure = device.timeoutFailure {
            remark = "it does not take \(timeout.text): \(failure.reason)"
        } else {
            remark = device.timeout == timeout ? nil : "\(timeout.text) was asked for"
        }
    }

    func feed() throws(SystemError) { try device.feed() }
    func stop() throws(SystemError) { try device.stop() }
}
