import Buses
import Console
import Drivers
import Glibc
import Technician
import Telemetry

/// The progress of a scan on standard error: on a terminal one line that changes, elsewhere a line
/// now and then.
final class ScanDisplay {
    /// How often the progress is shown: on a terminal, and elsewhere.
    private static let (often, seldom) = (Duration.milliseconds(100), Duration.seconds(10))
    /// To the line's start, and erase it (ECMA-48).
    private static let newLine = "\r\u{1B}[K"

    private let clock: any BootClock
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var shown: Instant

    init(clock: any BootClock) {
        self.clock = clock
        shown = clock.now()
    }

    func show(_ event: LineScan.Event) {
        switch event {
        case .found(let device): showFound(device)
        case .progress(let progress): showProgress(progress)
        }
    }

    /// Leaves a clean line behind.
    func finish() {
        if isTerminal { writeError(Self.newLine) }
    }

    private func showFound(_ device: ScannedDevice) {
        let name = device.title ?? device.sunSpec.map { _ in "a SunSpec device" } ?? "a device"
        let milliseconds = Double(device.latency.nanoseconds) / 1e6
        writeError(
            (isTerminal ? Self.newLine : "")
                + "unit \(device.unit): \(name), answers in \(decimal(milliseconds, 1)) ms\n")
    }

    private func showProgress(_ progress: ScanProgress) {
        let now = clock.now()
        guard now - shown >= (isTerminal ? Self.often : Self.seldom) else { return }
        shown = now
        let left = timeSpan(Double(progress.left.nanoseconds) / 1e9)
        let text =
            "\(progress.endpoint.words), unit \(progress.unit): asked \(progress.asked) of "
            + "\(progress.all), found \(progress.found), \(left) left"
        writeError(isTerminal ? Self.newLine + text : text + "\n")
    }
}
