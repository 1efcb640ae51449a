import Gateway
import Telemetry

/// Waits until a gateway has delivered: the brokers acknowledge more and more, and every device
/// answers.
public struct DeliveryProof {
    /// How long it may take: a broker that is tried again after a minute is waited for.
    public static let patience = Duration.seconds(120)
    /// How often the gateway is asked.
    private static let pause = Duration.milliseconds(500)

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
    public func run(tell: (String) -> Void) async -> Bool {
        let deadline = clock.now() + patience
        var first: StatusReport?
        var last: Result<StatusReport, ControlClient.Failure>
        repeat {
            last = Result { () throws(ControlClient.Failure) in
                try ControlClient.status(socket: socket)
            }
            if case .success(let status) = last {
                first = first ?? status
                if let first, Self.isProven(status, since: first) { break }
            }
            do { try await Task.sleep(for: Self.pause) } catch { break }
        } while clock.now() < deadline
        switch last {
        case .failure(let failure):
            tell("FAIL  \(failure)")
            return false
        case .success(let status):
            for line in Self.lines(status, since: first ?? status) { tell(line) }
            return Self.isProven(status, since: first ?? status)
        }
    }

    /// Whether every link's broker acknowledges and every device answers.
    static func isProven(_ status: StatusReport, since first: StatusReport) -> Bool {
        !status.uplinks.isEmpty && status.uplinks.allSatisfy { delivers($0, since: first) }
            && status.devices.allSatisfy { $0.isAnswering && $0.good > 0 }
    }

    private static func delivers(_ link: StatusReport.Link, since first: StatusReport) -> Bool {
        let before = first.uplinks.first { $0.name == link.name }?.acknowledged ?? 0
        return link.isUp && link.acknowledged > before
    }

    private static func lines(_ status: StatusReport, since first: StatusReport) -> [String] {
        status.uplinks.map { link in
            delivers(link, since: first)
                ? SetupTexts.delivered(link.name, link.acknowledged)
                : SetupTexts.notDelivered(
                    link.name, link.failure ?? "up, but nothing new is acknowledged")
        }
            + status.devices.map { device in
                device.isAnswering && device.good > 0
                    ? SetupTexts.answers(device.name)
                    : SetupTexts.silent(
                        device.name, device.failure ?? "no good reading so far")
            }
    }
}
