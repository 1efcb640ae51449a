/// A control packet as it is on the wire (MQTT 5 section 2.1), for a broker that a test plays.
struct MQTTPacket: Sendable {
    /// The kinds that the tests meet, by the upper four bits of the first byte.
    enum Kind: UInt8, Sendable {
        case connect = 1
        case connack = 2
        case publish = 3
        case puback = 4
        case subscribe = 8
        case suback = 9
        case ping = 12
        case pong = 13
        case disconnect = 14
    }

    /// The first byte: the kind and four flags.
    var head: UInt8
    /// All behind the length.
    var body: [UInt8]

    init(head: UInt8, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    init(_ kind: Kind, flags: UInt8 = 0, _ body: [UInt8]) {
        self.init(head: kind.rawValue << 4 | flags, body: body)
    }

    var kind: Kind? { Kind(rawValue: head >> 4) }

    /// The packet's bytes.
    var bytes: [UInt8] { [head] + MQTTPacket.variable(body.count) + body }

    // MARK: What a broker reads

    /// Of a CONNECT: 5 or, for 3.1.1, 4.
    var protocolLevel: UInt8 { body[6] }
    /// Of a CONNECT: whether what the broker keeps of an earlier session is to be thrown away.
    var isCleanStart: Bool { body[7] & 0x02 != 0 }
    /// Of a CONNECT, in seconds.
    var keepAlive: Int { Int(body[8]) << 8 | Int(body[9]) }
    /// Of a PUBLISH: whether it says that it was sent before.
    var isDuplicate: Bool { head & 0x08 != 0 }
    private var topicLength: Int { Int(body[0]) << 8 | Int(body[1]) }
    /// Of a PUBLISH.
    var topic: String { String(decoding: body[2..<2 + topicLength], as: UTF8.self) }
    /// Of a PUBLISH of QoS 1: the packet identifier's two bytes.
    var identifier: [UInt8] { Array(body[(2 + topicLength)..<(4 + topicLength)]) }
    /// Of a PUBLISH of MQTT 5 with fewer than 128 bytes of properties.
    var payload: String {
        let properties = 2 + topicLength + (head & 0x06 == 0 ? 0 : 2)
        return String(decoding: body[(properties + 1 + Int(body[properties]))...], as: UTF8.self)
    }

    // MARK: What a broker says

    /// The answer to a CONNECT.
    static func connack(
        version: UInt8 = 5, code: UInt8 = 0, properties: [UInt8] = []
    ) -> MQTTPacket {
        let tail = version == 5 ? variable(properties.count) + properties : []
        return MQTTPacket(.connack, [0, code] + tail)
    }

    /// The receipt of a PUBLISH.
    static func puback(_ publish: MQTTPacket, reason: UInt8 = 0) -> MQTTPacket {
        MQTTPacket(.puback, publish.identifier + (reason == 0 ? [] : [reason]))
    }

    /// A message of QoS 0, MQTT 5.
    static func message(_ topic: String, _ payload: String) -> MQTTPacket {
        MQTTPacket(.publish, [0, UInt8(topic.utf8.count)] + topic.utf8 + [0] + payload.utf8)
    }

    /// A variable byte integer (MQTT 5 section 1.5.5).
    private static func variable(_ number: Int) -> [UInt8] {
        var (rest, bytes) = (number, [UInt8]())
        repeat {
            bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }
}
