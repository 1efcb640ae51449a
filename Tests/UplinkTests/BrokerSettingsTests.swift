import CMosquitto
import Glibc
import Platform
import TestSupport
import Testing

@testable import Uplink

/// What is set for a broker, and what it allows in turn.
@Suite struct BrokerSettingsTests {
    /// The protocol has whole seconds in 16 bits, the library takes none below 5.
    @Test(arguments: [
        (Duration.seconds(30), Int32(30)), (.milliseconds(5999), 5), (.zero, 5), (.seconds(-1), 5),
        (.seconds(65535), 65535), (.seconds(1_000_000), 65535),
    ])
    func keepAliveIsMovedToWhatTheProtocolTakes(wanted: Duration, seconds: Int32) {
        var settings = BrokerSettings(host: "broker", clientID: "cabinet-17")
        settings.keepAlive = wanted
        #expect(settings.keepAliveSeconds == seconds)
    }

    @Test(arguments: [
        ("geheim", "geheim"), ("geheim\n", "geheim"), ("geheim\r\n", "geheim"),
        ("geheim\n\n", "geheim\n"), (" geheim ", " geheim "), ("", ""), ("\n", ""),
    ])
    func oneLineBreakAtTheEndIsNoPartOfASecret(file: String, secret: String) throws {
        let source = Secret(description: "here") { Array(file.utf8) }
        #expect(try source.bytes() == Array(secret.utf8))
        #expect("\(source)" == "here")
    }

    @Test func fileThatIsTooLargeIsNoSecret() {
        #expect(throws: SystemError("read", "/dev/zero", errno: EFBIG)) {
            try Secret(file: "/dev/zero").bytes()
        }
    }

    /// A packet is the payload with its headers.
    @Test(
        arguments: [
            (nil, 98_304, 98_304), (1_000_000, 98_304, 98_304), (98_304, 98_304, 97_792),
            (2048, 98_304, 1536), (2048, 100, 100), (512, 98_304, 1), (1, 98_304, 1),
        ] as [(Int?, Int, Int)])
    func payloadLeavesRoomForTheHeaders(packet: Int?, wanted: Int, limit: Int) {
        let link = Link(number: 1, protocolVersion: .v5, window: 20, maximumPacketSize: packet)
        #expect(link.payloadLimit(wanted) == limit)
    }

    // MARK: Properties

    private func message(_ count: Int) -> OutboundMessage {
        OutboundMessage(
            topic: "t", payload: [], userProperties: (0..<count).map { ("n\($0 % 3)", "v\($0)") },
            contentType: "text/plain")
    }

    @Test func userPropertiesKeepTheirOrderAndNamesMayRepeat() {
        var list = propertyList(of: message(5))
        defer { mosquitto_property_free_all(&list) }
        let read = userProperties(in: list).map { $0.name + $0.value }
        #expect(read == ["n0v0", "n1v1", "n2v2", "n0v3", "n1v4"])
        #expect(stringProperty(list, MQTT_PROP_CONTENT_TYPE) == "text/plain")
        #expect(stringProperty(list, MQTT_PROP_REASON_STRING) == nil)
        #expect(int16Property(list, MQTT_PROP_RECEIVE_MAXIMUM) == nil)
    }

    @Test func strangersUserPropertiesAreBounded() {
        var list = propertyList(of: message(100))
        defer { mosquitto_property_free_all(&list) }
        let read = userProperties(in: list)
        #expect(read.count == 64)
        #expect(read.last?.value == "v63")
    }

    @Test func messageWithoutPropertiesHasNoList() {
        #expect(propertyList(of: OutboundMessage(topic: "t", payload: [])) == nil)
        #expect(userProperties(in: nil).isEmpty)
    }
}
