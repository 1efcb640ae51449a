import Platform
import Telemetry

/// What a connection does with messages that come faster than they are used.
public struct InboundRule: Sendable {
    /// The most messages that wait.
    public var messages: Int
    /// The longest payload taken in, in bytes; a longer message is dropped and counted.
    public var payloadBytes: Int
    /// Nil: messages go to `messages`, and what comes while that is full is dropped and counted.
    /// Else they are handed out by `nextMessages`; while `messages` of them wait, or payloads of
    /// so many bytes, nothing is read from the socket, and the broker keeps what comes. A read may
    /// bring as many more as publishes are outstanding (mosquitto_loop_read(3)). A pause of more
    /// than twice the keep-alive ends the link.
    public var heldBytes: Int?

    /// At most 256 messages of at most 64 KiB, and what is more is dropped, unless given.
    public init(
        messages: Int = MQTTConnection.inboundLimit,
        payloadBytes: Int = MQTTConnection.inboundByteLimit, heldBytes: Int? = nil
    ) {
        self.messages = min(65535, max(1, messages))
        self.payloadBytes = payloadBytes
        self.heldBytes = heldBytes
    }
}

/// Messages that wait for `nextMessages`.
struct HeldMessages {
    /// How many packets are read in a row before anything else gets its turn.
    static let readsPerTurn = 64

    fileprivate var messages: [InboundMessage] = []
    fileprivate var bytes = 0
    fileprivate var waiting: CheckedContinuation<Void, Never>?
    fileprivate var isOver = false
}

extension MQTTConnection {
    /// The messages that have come since the last call, all that wait; waits for one if there is
    /// none. Empty when the connection was stopped and nothing is left. For one caller, and only
    /// with `InboundRule.heldBytes`.
    public func nextMessages() async -> [InboundMessage] {
        if held.messages.isEmpty, !held.isOver, held.waiting == nil {
            await withCheckedContinuation { held.waiting = $0 }
        }
        defer { (held.messages, held.bytes) = ([], 0) }
        return held.messages
    }

    /// Whether there is room for a message: else nothing is read.
    var wantsRead: Bool {
        guard let limit = inbound.heldBytes else { return true }
        return held.messages.count < inbound.messages && held.bytes < limit
    }

    func received(_ message: InboundMessage) {
        guard message.payload.count <= inbound.payloadBytes else { return droppedMessages += 1 }
        guard inbound.heldBytes != nil else {
            if case .enqueued = messageSink.yield(message) { return }
            return droppedMessages += 1
        }
        held.messages.append(message)
        held.bytes += message.payload.count
        wakeReader()
    }

    /// Nothing more comes.
    func endInbound() {
        messageSink.finish()
        held.isOver = true
        wakeReader()
    }

    private func wakeReader() {
        held.waiting?.resume()
        held.waiting = nil
    }

    /// Reads what is there, as far as there is room. With TLS the library's buffer may hold more
    /// than one packet, of which the socket says nothing: `hasMore` has it called again.
    func readHeld(_ client: MosquittoClient) throws(MosquittoClient.Failure) {
        for _ in 0..<HeldMessages.readsPerTurn where wantsRead {
            guard try client.readPacket() else { return hasMore = false }
            record(client.takeHappenings())
            guard isDriving(client) else { return }
        }
        hasMore = true
    }
}
