import Glibc
import Logging
import Platform
import Telemetry

/// Feeds a watchdog while all loops are alive. It has no time of its own: who owns it calls `step`
/// at each instant that the last one named.
struct WatchdogFeeding {
    /// The longest time between two feedings.
    static let longestRhythm = Duration.seconds(10)
    /// The bounds of the delay before the next try of a watchdog that cannot be opened.
    static let delays = Duration.seconds(1)...Duration.seconds(60)

    typealias Opening = @Sendable () throws(SystemError) -> any WatchdogSink

    private let label: String
    private let liveness: Liveness
    private let meter: WatchdogMeter
    private let logger: Logger
    private let open: Opening
    private var sink: (any WatchdogSink)?
    private var backoff = Backoff(first: delays.lowerBound, longest: delays.upperBound)
    /// What the log was told: that it cannot be opened or fed, and that it is not fed since then.
    private var hasFailed = false
    private var hungSince: Instant?

    /// Feeds what `open` opens.
    ///
    /// - Parameter label: What its messages begin with.
    init(
        label: String = "watchdog", liveness: Liveness, meter: WatchdogMeter, logger: Logger,
        open: @escaping Opening
    ) {
        self.label = label
        (self.liveness, self.meter, self.logger, self.open) = (liveness, meter, logger, open)
    }

    /// Opens it if it is not open, and feeds it if all are alive.
    ///
    /// - Returns: When to call again.
    mutating func step(at now: Instant) -> Instant {
        do throws(SystemError) {
            let sink = try opened(now)
            if judge(now) {
                try sink.feed()
                meter.update { $0.fed = now }
            }
            return now + Self.rhythm(sink.timeout)
        } catch {
            return fail(error, now)
        }
    }

    /// Four feedings a timeout: three may be late, or lost.
    static func rhythm(_ timeout: Duration) -> Duration {
        min(timeout / 4, longestRhythm)
    }

    /// Ends the watch, after an ordered stop.
    mutating func stop() {
        guard let sink else { return }
        self.sink = nil
        guard sink.needsStop else { return }
        do throws(SystemError) {
            try sink.stop()
            logger.notice("\(label): \(sink.name) is stopped")
        } catch  where error.errno == EBUSY {
            let rest = "unless the gateway is started again within \(sink.timeout.text)"
            logger.warning(
                "\(label): \(sink.name) cannot be stopped (nowayout): the board resets \(rest)")
        } catch {
            logger.error("\(label): \(sink.name) could not be stopped: \(error)")
        }
    }

    private mutating func opened(_ now: Instant) throws(SystemError) -> any WatchdogSink {
        if let sink { return sink }
        let sink = try open()
        self.sink = sink
        backoff.succeed()
        hasFailed = false
        meter.update {
            $0.timeout = sink.timeout
            $0.failure = nil
        }
        let remark = sink.remark.map { "; \($0)" } ?? ""
        logger.notice(
            "\(label): \(sink.name) \(sink.effect) unless fed for \(sink.timeout.text)\(remark)")
        return sink
    }

    /// Whether all are alive. Tells the log once when that ends, and once when it is so again.
    private mutating func judge(_ now: Instant) -> Bool {
        let late = liveness.late(at: now)
        guard let first = late.first else {
            if let since = hungSince {
                let seconds = (now - since).components.seconds
                logger.notice("\(label): all are back after \(seconds) s; fed again")
                meter.update { $0.hung = nil }
            }
            hungSince = nil
            return true
        }
        let names = late.map(\.loop).joined(separator: ", ")
        meter.update { $0.hung = WatchdogMeter.Hung(loops: names, since: first.promised) }
        guard hungSince == nil else { return false }
        hungSince = first.promised
        let seconds = (now - first.promised).components.seconds
        logger.critical(
            "\(label): not fed: no sign of life from \(names) for \(seconds) s",
            metadata: about(.hang))
        return false
    }

    /// Opened anew later. If it was open it goes on counting: that it cannot be fed is no order to
    /// stop it.
    private mutating func fail(_ error: SystemError, _ now: Instant) -> Instant {
        sink = nil
        meter.update {
            $0.timeout = nil
            $0.failure = "\(error)"
        }
        if !hasFailed {
            logger.error(
                "\(label): it does not watch: \(error)\(Self.advice(error)); tried again until it does"
            )
        }
        hasFailed = true
        return now + backoff.next()
    }

    /// How to mend what keeps it from being opened, where that is known.
    private static func advice(_ error: SystemError) -> String {
        switch error.errno {
        case EACCES: " (the group armadio needs it: udev's rules)"
        case EBUSY: " (another program has it, such as systemd with RuntimeWatchdogSec)"
        case ENOENT: " (the board has none, or its driver is not loaded)"
        case ENOTTY: " (it is no watchdog)"
        default: ""
        }
    }
}
