import Console
import Gateway
import Telemetry

/// Waits until a gateway has delivered: its readings are acknowledged, and every device answers.
public struct DeliveryProof {
    /// What came of it.
    public enum Outcome: Sendable {
        /// All arrives.
        case proven
        /// Every link delivers, but a device does not answer.
        case silentDevice
        /// A link does not deliver, or no gateway answers.
        case undelivered
    }

    /// How long it may take: a broker that is tried again after a minute is waited for.
    public static let patience = Duration.seconds(120)
    /// How often the gateway is asked.
    private static let pause = Duration.milliseconds(500)
    /// After so long it is told what is waited for, and again when that has changed or so much later.
    private static let (quiet, reminder) = (Duration.seconds(5), Duration.seconds(30))

    private let socket: String
    private let clock: any BootClock
    private let patience: Duration

    /// A proof by the gateway on this socket.
    public init(
        socket: String, clock: any BootClock, patience: Duration = DeliveryProof.patience
    ) {
        (self.socket, self.clock, self.patience) = (socket, clock, patience)
    }

    /// Whether all arrives; what does and what does not is told. Asks on the caller's thread.
    public func run(tell: (String) -> Void) async -> Outcome {
        let start = clock.now()
        tell(SetupTexts.starting(patience.seconds))
        var last: Result<StatusReport, ControlClient.Failure>
        var (told, next) = ("", start + Self.quiet)
        repeat {
            last = Result { () throws(ControlClient.Failure) in
                try ControlClient.status(socket: socket)
            }
            let now = clock.now()
            if case .success(let status) = last {
                if Self.outcome(status) == .proven { break }
                let words = TrialWatch.words(status)
                if now >= next || now >= start + Self.quiet && words != told {
                    tell(SetupTexts.waiting(words, (start + patience - now).seconds))
                    (told, next) = (words, now + Self.reminder)
                }
            }
            do { try await Task.sleep(for: Self.pause) } catch { break }
        } while clock.now() < start + patience
        switch last {
        case .failure(let failure):
            tell("FAIL  \(failure)")
            return .undelivered
        case .success(let status):
            for line in Self.lines(status) { tell(line) }
            return Self.outcome(status)
        }
    }

    /// Whether every link is up, readings of this run have been acknowledged, and every device has
    /// answered well.
    static func outcome(_ status: StatusReport) -> Outcome {
        let allDeliver =
            !status.uplinks.isEmpty && status.uplinks.allSatisfy { delivers($0, status.journal) }
        guard allDeliver else { return .undelivered }
        return status.devices.allSatisfy { $0.isAnswering && $0.good > 0 }
            ? .proven : .silentDevice
    }

    /// What the journal still holds is not acknowledged by all links; the rest is.
    private static func delivers(
        _ link: StatusReport.Link, _ journal: StatusReport.Journal
    ) -> Bool {
        link.isUp && link.acknowledged > 0
            && journal.readings > UInt64(journal.inMemory) + journal.onDisk
    }

    private static func lines(_ status: StatusReport) -> [String] {
        status.uplinks.map { link in
            delivers(link, status.journal)
                ? SetupTexts.delivered(link.name, link.acknowledged)
                : SetupTexts.notDelivered(
                    link.name,
                    link.failure ?? (link.isUp ? SetupTexts.noReadings : SetupTexts.notConnected))
        }
            + status.devices.map { device in
                device.isAnswering && device.good > 0
                    ? SetupTexts.answers(device.name)
                    : SetupTexts.silent(
                        device.name, device.failure ?? "no good reading so far")
            }
    }
}
