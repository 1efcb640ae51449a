import Platform
import Telemetry

/// One connection to one broker, on a thread of its own. It reconnects by itself; it keeps
/// nothing: what was not settled when the link went down, the caller publishes again.
public actor MQTTConnection {
    nonisolated let executor: ThreadExecutor

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// What happens on the connection. For one consumer. The stream itself has no limit; what
    /// can stand in it is bounded by the window (one receipt for each outstanding publish) and
    /// by the pace of reconnects (two events a try).
    public nonisolated let events: AsyncStream<ConnectionEvent>

    /// Messages of the topics subscribed to. For one consumer. If it does not keep up, at most
    /// `inboundLimit` wait and what comes then is dropped and counted.
    public nonisolated let messages: AsyncStream<InboundMessage>

    /// The most messages that wait for the consumer of `messages`.
    public static let inboundLimit = 256

    /// A connection that is not made before `start`.
    public init(settings: BrokerSettings, will: OutboundMessage?, window: Int = 20) {
        executor = ThreadExecutor(name: "mqtt")
        events = AsyncStream { $0.finish() }
        messages = AsyncStream { $0.finish() }
    }

    /// Connects, and from then on stays connected as far as it can.
    public func start() {}

    /// Publishes over the link named, without waiting.
    public func publish(
        _ message: OutboundMessage, as token: PublishToken, over link: Link
    ) -> PublishResult { .notConnected }

    /// Subscribes now and on every later link.
    public func subscribe(_ topicFilter: String, qos: QualityOfService = .atLeastOnce) {}

    /// Waits for outstanding publishes, says farewell, disconnects. After it the streams end.
    public func stop(farewell: OutboundMessage?, within limit: Duration) async {}
}
