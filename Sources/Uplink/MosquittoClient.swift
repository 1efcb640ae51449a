import CMosquitto
import Glibc

/// One libmosquitto client for one connection: made, connected once, destroyed.
///
/// It is driven from outside, by one thread, with `read`, `write` and `tick`; libmosquitto's own
/// loops and threads are not used. Its callbacks only write down what happened, for
/// `takeHappenings`, and never call into the library.
final class MosquittoClient {
    /// What a callback wrote down.
    enum Happening {
        case connack(code: UInt8, Offer)
        case disconnect(code: Int32)
        case published(packet: Int32, reason: ReasonCode)
        case subscribed(packet: Int32, reason: ReasonCode)
        case message(InboundMessage)
    }

    /// What the broker says of itself in CONNACK; each nil if it does not.
    struct Offer {
        var receiveMaximum: UInt16?
        var maximumPacketSize: UInt32?
        /// In seconds; overrides what the client asked for.
        var keepAlive: UInt16?
    }

    /// A call that failed: MOSQ_ERR_*, and errno where that is MOSQ_ERR_ERRNO.
    struct Failure: Error {
        var code: Int32
        var errno: Int32 = 0
    }

    fileprivate final class Notes {
        var happenings: [Happening] = []
        /// The largest packet that the broker takes.
        var packetLimit = UInt32.max
        var complaints: [String] = []
        var handshake: HandshakeComplaint?
    }

    /// The library says what it could not do, then OpenSSL why, in up to three lines.
    fileprivate static let complaintLimit = 4

    private static let library: Void = { _ = mosquitto_lib_init() }()

    private let handle: OpaquePointer
    private let version: ProtocolVersion
    private let notes = Notes()
    /// What the callbacks are given: `notes`, held for as long as the library may call.
    private let context: Unmanaged<Notes>

    /// A client of its own with a clean start.
    init(id: String, version: ProtocolVersion) throws(Failure) {
        try Self.checkText(id)
        _ = MosquittoClient.library
        let context = Unmanaged.passRetained(notes)
        guard let handle = mosquitto_new(id, true, context.toOpaque()) else {
            let failure = errno
            context.release()
            throw Failure(code: Int32(MOSQ_ERR_ERRNO.rawValue), errno: failure)
        }
        self.handle = handle
        self.version = version
        self.context = context
        mosquitto_int_option(
            handle, MOSQ_OPT_PROTOCOL_VERSION,
            version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311)
        mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1)
        installCallbacks()
    }

    deinit {
        mosquitto_destroy(handle)
        context.release()
    }

    /// The library's handle, for configuring it before the connection.
    var pointer: OpaquePointer { handle }

    /// What happened since the last call.
    func takeHappenings() -> [Happening] {
        defer { notes.happenings.removeAll(keepingCapacity: true) }
        return notes.happenings
    }

    /// The library's last complaints in its own words (OpenSSL's, where TLS failed).
    var complaint: String? {
        notes.complaints.isEmpty ? nil : notes.complaints.joined(separator: " ")
    }

    /// What is known of the handshake, if it was complained of.
    var handshake: HandshakeComplaint? { notes.handshake }

    /// The socket; negative when closed.
    var socket: Int32 { mosquitto_socket(handle) }

    /// Whether there is something to write that did not go.
    var wantsWrite: Bool { mosquitto_want_write(handle) }

    /// Begins to connect; `bind` restricts the address family (a wildcard address).
    func connect(host: String, port: UInt16, keepAlive: Int32, bind: String?) throws(Failure) {
        // The library leaves its socket open on exec: a program that is started later would hold
        // a link that has ended.
        defer { _ = fcntl(socket, F_SETFD, FD_CLOEXEC) }
        try check(mosquitto_connect_bind_async(handle, host, Int32(port), keepAlive, bind))
    }

    /// The certificates that the broker has shown, in DER.
    var certificates: [[UInt8]] { shownCertificates(to: handle) }

    /// Behind `connect`: takes no certificate, whoever has signed it. Why that failed; nil if it
    /// did not.
    func refuseCertificates() -> String? { Uplink.refuseCertificates(from: handle) }

    /// There is something to read.
    func read() throws(Failure) { try check(mosquitto_loop_read(handle, 1)) }

    /// Reads one packet, or what is there of it. Returns false if there is nothing more to read.
    func readPacket() throws(Failure) -> Bool {
        errno = 0
        try read()
        return errno != EAGAIN
    }

    /// There is room to write.
    func write() throws(Failure) { try check(mosquitto_loop_write(handle, 1)) }

    /// Time has passed: sends a ping when it is due, finds that one was not answered.
    func tick() throws(Failure) { try check(mosquitto_loop_misc(handle)) }

    /// Says a regular goodbye, so that the will is not published, unless it is to be.
    func disconnect(withWill: Bool) throws(Failure) {
        let reason = withWill && version == .v5 ? MQTT_RC_DISCONNECT_WITH_WILL_MSG.rawValue : 0
        try check(mosquitto_disconnect_v5(handle, Int32(reason), nil))
    }

    /// Publishes and returns the packet identifier.
    func publish(_ message: OutboundMessage) throws(Failure) -> Int32 {
        try Self.checkText(message.topic)
        // libmosquitto (2.0.11) counts a byte or two too few, then finds the right number behind
        // its check and aborts.
        guard message.packetBytes(version) <= Int(notes.packetLimit) else {
            throw Failure(code: Int32(MOSQ_ERR_OVERSIZE_PACKET.rawValue))
        }
        var packet: Int32 = 0
        var properties = properties(of: message)
        defer { mosquitto_property_free_all(&properties) }
        try check(
            mosquitto_publish_v5(
                handle, &packet, message.topic, Int32(clamping: message.payload.count),
                message.payload, Int32(message.qos.rawValue), message.retain, properties))
        return packet
    }

    /// Sets what the broker publishes when the connection is lost. Before connecting.
    func setWill(_ message: OutboundMessage) throws(Failure) {
        try Self.checkText(message.topic)
        var properties = properties(of: message)
        let code = mosquitto_will_set_v5(
            handle, message.topic, Int32(clamping: message.payload.count), message.payload,
            Int32(message.qos.rawValue), message.retain, properties)
        // Only on success has the library taken the list over.
        if code != 0 { mosquitto_property_free_all(&properties) }
        try check(code)
    }

    /// The library refuses a message with properties on 3.1.1, which has none.
    private func properties(of message: OutboundMessage) -> OpaquePointer? {
        version == .v5 ? propertyList(of: message) : nil
    }

    /// Subscribes and returns the packet identifier.
    func subscribe(_ topicFilter: String, qos: QualityOfService) throws(Failure) -> Int32 {
        try Self.checkText(topicFilter)
        var packet: Int32 = 0
        try check(
            mosquitto_subscribe_v5(handle, &packet, topicFilter, Int32(qos.rawValue), 0, nil))
        return packet
    }

    /// MQTT has no texts with a zero byte (MQTT 5 section 1.5.4), and C would cut them there.
    private static func checkText(_ text: String) throws(Failure) {
        guard !text.utf8.contains(0) else {
            throw Failure(code: Int32(MOSQ_ERR_MALFORMED_UTF8.rawValue))
        }
    }

    /// Throws what a call's result says, if it says failure.
    func check(_ code: Int32) throws(Failure) {
        guard code > 0 else { return }
        throw Failure(code: code, errno: errno)
    }

    private func installCallbacks() {
        mosquitto_connect_v5_callback_set(handle, noteConnack)
        mosquitto_disconnect_v5_callback_set(handle, noteDisconnect)
        mosquitto_publish_v5_callback_set(handle, notePublished)
        mosquitto_subscribe_v5_callback_set(handle, noteSubscribed)
        mosquitto_message_v5_callback_set(handle, noteMessage)
        mosquitto_log_callback_set(handle, noteLog)
    }
}

// MARK: Callbacks, on the thread that drives the client

private func withNotes(_ context: UnsafeMutableRawPointer?, _ body: (MosquittoClient.Notes) -> Void)
{
    guard let context else { return }
    body(Unmanaged<MosquittoClient.Notes>.fromOpaque(context).takeUnretainedValue())
}

private func noteConnack(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ code: Int32, _ flags: Int32,
    _ properties: OpaquePointer?
) {
    let packetLimit = int32Property(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE)
    withNotes(context) {
        $0.packetLimit = packetLimit ?? .max
        $0.happenings.append(
            .connack(
                code: UInt8(truncatingIfNeeded: code),
                MosquittoClient.Offer(
                    receiveMaximum: int16Property(properties, MQTT_PROP_RECEIVE_MAXIMUM),
                    maximumPacketSize: packetLimit,
                    keepAlive: int16Property(properties, MQTT_PROP_SERVER_KEEP_ALIVE))))
    }
}

private func noteDisconnect(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ code: Int32, _: OpaquePointer?
) {
    withNotes(context) { $0.happenings.append(.disconnect(code: code)) }
}

private func notePublished(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ packet: Int32, _ reason: Int32,
    _: OpaquePointer?
) {
    let reason = ReasonCode(rawValue: UInt8(truncatingIfNeeded: reason))
    withNotes(context) { $0.happenings.append(.published(packet: packet, reason: reason)) }
}

private func noteSubscribed(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ packet: Int32, _ count: Int32,
    _ granted: UnsafePointer<Int32>?, _: OpaquePointer?
) {
    // Each of our subscriptions has one topic filter.
    let first = count > 0 ? granted?.pointee ?? 0x80 : 0x80
    let reason = ReasonCode(rawValue: UInt8(truncatingIfNeeded: first))
    withNotes(context) { $0.happenings.append(.subscribed(packet: packet, reason: reason)) }
}

private func noteMessage(
    _: OpaquePointer?, _ context: UnsafeMutableRawPointer?,
    _ message: UnsafePointer<mosquitto_message>?, _ properties: OpaquePointer?
) {
    guard let message = message?.pointee, let topic = message.topic else { return }
    let payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
    let inbound = InboundMessage(
        topic: String(cString: topic), payload: Array(payload), isRetained: message.retain,
        userProperties: userProperties(in: properties),
        contentType: stringProperty(properties, MQTT_PROP_CONTENT_TYPE),
        responseTopic: stringProperty(properties, MQTT_PROP_RESPONSE_TOPIC),
        correlation: binaryProperty(properties, MQTT_PROP_CORRELATION_DATA),
        messageExpiry: int32Property(properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL))
    withNotes(context) { $0.happenings.append(.message(inbound)) }
}

private func noteLog(
    _ client: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ level: Int32,
    _ text: UnsafePointer<CChar>?
) {
    guard level & Int32(MOSQ_LOG_ERR | MOSQ_LOG_WARNING) != 0, let text else { return }
    withNotes(context) {
        $0.complaints.append(String(cString: text))
        $0.complaints = $0.complaints.suffix(MosquittoClient.complaintLimit)
        $0.handshake = $0.handshake ?? handshakeComplaint(of: client)
    }
}
