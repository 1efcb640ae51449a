import Telemetry
import Uplink

/// Connects to a broker once, publishes a message and looks whether it comes back.
enum BrokerTrial {
    /// What came of it.
    enum Outcome: Sendable, Hashable {
        /// The broker has acknowledged the message and brought it back.
        case seenBack
        /// It was acknowledged; why it did not come back.
        case acknowledged(String)
        /// The broker threw the message away.
        case refused(String)
        /// There was no connection; why.
        case failed(String)

        /// Why the uplink is not proven; nil if it is.
        var failure: String? {
            switch self {
            case .seenBack, .acknowledged: nil
            case .refused(let reason), .failed(let reason): reason
            }
        }
    }

    /// How long the message is waited for once it is acknowledged.
    static let echoWait = Duration.seconds(5)
    /// How long all of it may take, beside the time in which a name is resolved.
    static let patience = Duration.seconds(30)
    /// How much may wait: the trial's own message is a few bytes.
    private static let heldBytes = 64 << 10
    /// What is published.
    private static let payload = Array("armadio setup".utf8)

    private enum Happening: Sendable {
        case event(ConnectionEvent)
        case message(InboundMessage)
        case late
        case echoLate
    }

    /// Tries a broker. Takes `patience` at most.
    ///
    /// - Parameter shown: Told of the certificates that the broker has shown, its own first.
    static func run(
        _ settings: BrokerSettings, topic: String, shown: ([CertificateDates]) -> Void
    ) async -> Outcome {
        // Held messages are read to the last that TLS has decrypted, without waiting for more.
        let connection = MQTTConnection(
            settings: settings, will: { _ in nil }, inbound: InboundRule(heldBytes: heldBytes))
        // What can stand in it is bounded by the connection's own events and messages.
        let (happenings, sink) = AsyncStream<Happening>.makeStream()
        let feeders = [
            Task { for await event in connection.events { sink.yield(.event(event)) } },
            Task { await forward(connection, to: sink) },
            timer(patience, .late, sink),
        ]
        await connection.subscribe(topic)
        await connection.start()
        let outcome = await follow(happenings, connection, topic, sink, shown)
        await connection.stop(farewell: nil, within: .seconds(2))
        for feeder in feeders { feeder.cancel() }
        sink.finish()
        return outcome
    }

    /// Passes on what comes, until the connection is stopped.
    private static func forward(
        _ connection: MQTTConnection, to sink: AsyncStream<Happening>.Continuation
    ) async {
        while true {
            let messages = await connection.nextMessages()
            guard !messages.isEmpty else { return }
            for message in messages { sink.yield(.message(message)) }
        }
    }

    private static func follow(
        _ happenings: AsyncStream<Happening>, _ connection: MQTTConnection, _ topic: String,
        _ sink: AsyncStream<Happening>.Continuation, _ shown: ([CertificateDates]) -> Void
    ) async -> Outcome {
        var (isSettled, isSeen, isDeaf) = (false, false, false)
        let token = PublishToken(1)
        for await happening in happenings {
            switch happening {
            case .event(.connected(let link)):
                shown(await connection.brokerCertificates.compactMap(CertificateDates.init(der:)))
                let message = OutboundMessage(topic: topic, payload: payload)
                _ = await connection.publish([message], as: token, over: link)
            case .event(.disconnected(let failure, _)): return .failed(failure.message)
            case .event(.refused(_, let reason)):
                return .refused(SetupTexts.refused(topic, "\(reason)"))
            case .event(.settled):
                isSettled = true
                _ = timer(echoWait, .echoLate, sink)
            case .event(.subscriptionRefused): isDeaf = true
            case .event(.leaving): break
            case .message(let message): isSeen = isSeen || message.payload == payload
            case .late: return .failed(SetupTexts.noAnswer)
            case .echoLate: return .acknowledged(SetupTexts.notHeard)
            }
            if isSettled, isSeen { return .seenBack }
            if isSettled, isDeaf { return .acknowledged(SetupTexts.subscriptionRefused) }
        }
        return .failed(SetupTexts.noAnswer)
    }

    private static func timer(
        _ time: Duration, _ happening: Happening, _ sink: AsyncStream<Happening>.Continuation
    ) -> Task<Void, Never> {
        Task {
            do {
                try await Task.sleep(for: time)
                sink.yield(happening)
            } catch {
                // Cancelled: it is not needed any more.
            }
        }
    }
}
