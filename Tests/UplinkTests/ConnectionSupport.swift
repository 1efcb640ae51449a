import Platform
import Telemetry

@testable import Uplink

/// A connection did something else than what a test waited for.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ event: ConnectionEvent?) {
        description = event.map { "\($0)" } ?? "the events have ended"
    }
}

extension BrokerSettings {
    /// A broker on this machine.
    static func local(_ port: UInt16) -> BrokerSettings {
        BrokerSettings(host: "127.0.0.1", port: port, clientID: "cabinet")
    }
}

extension OutboundMessage {
    /// A message of text.
    init(_ text: String, to topic: String = "t", qos: QualityOfService = .atLeastOnce) {
        self.init(topic: topic, payload: Array(text.utf8), qos: qos)
    }

    /// The words that the broker keeps on the topic `status`.
    static func status(_ text: String) -> OutboundMessage {
        OutboundMessage(topic: "status", payload: Array(text.utf8), retain: true)
    }
}

extension MQTTConnection {
    /// A connection to a broker on this machine that has been told to connect.
    static func started(
        _ settings: BrokerSettings, will: OutboundMessage? = nil, window: Int = 20
    ) async -> MQTTConnection {
        let connection = MQTTConnection(settings: settings, will: { _ in will }, window: window)
        await connection.start()
        return connection
    }

    /// How a broker on this machine is not connected to.
    static func firstFailure(_ settings: BrokerSettings) async throws -> ConnectionFailure {
        let connection = await started(settings)
        let failure = try await connection.nextFailure().failure
        await connection.stop(farewell: nil, within: .zero)
        return failure
    }

    /// Reconnects a hundred times as fast as a gateway does.
    func hurry() {
        backoff = Backoff(
            first: MQTTConnection.shortestBackoff / 100,
            longest: MQTTConnection.longestBackoff / 100)
    }

    /// Reconnects after no more than this.
    func hurry(to longest: Duration) {
        backoff = Backoff(first: longest, longest: longest)
    }

    /// The next thing that happens; nil behind the last.
    nonisolated func nextEvent() async -> ConnectionEvent? {
        for await event in events { return event }
        return nil
    }

    /// The next event, which is a link.
    nonisolated func nextLink() async throws -> Link {
        let event = await nextEvent()
        guard case .connected(let link) = event else { throw Unexpected(event) }
        return link
    }

    /// The next event, which is a lost or failed connection.
    nonisolated func nextFailure() async throws -> (failure: ConnectionFailure, nextTry: Instant?) {
        let event = await nextEvent()
        guard case .disconnected(let failure, let nextTry) = event else { throw Unexpected(event) }
        return (failure, nextTry)
    }

    /// The numbers of the next `count` publishes that are settled, and nothing else happens.
    nonisolated func nextSettled(_ count: Int) async throws -> [UInt64] {
        var numbers: [UInt64] = []
        while numbers.count < count {
            let event = await nextEvent()
            guard case .settled(let token) = event else { throw Unexpected(event) }
            numbers.append(token.number)
        }
        return numbers
    }

    /// Publishes with a number for a token.
    @discardableResult
    nonisolated func publish(
        _ message: OutboundMessage, _ number: UInt64, over link: Link
    ) async -> PublishResult {
        await publish([message], as: PublishToken(number), over: link)
    }
}
