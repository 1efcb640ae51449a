import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// The node's connection, packet by packet.
@Suite(.timeLimit(.minutes(2))) struct SparkplugConnectionTests {
    /// What a CONNECT says (MQTT 5 section 3.1, MQTT 3.1.1 section 3.1).
    private struct Connect {
        var flags: UInt8
        /// In seconds; nil if the packet does not say.
        var sessionExpiry: UInt32?
        var willTopic = ""
        var willPayload: [UInt8] = []

        init(_ packet: MQTTPacket) {
            flags = packet.body[7]
            var rest = packet.body[10...]
            func word() -> Int {
                Int(rest.removeFirst()) << 8 | Int(rest.removeFirst())
            }
            func bytes() -> [UInt8] {
                let length = word()
                defer { rest = rest.dropFirst(length) }
                return Array(rest.prefix(length))
            }
            /// Properties of fewer than 128 bytes, of which the client sends no others.
            func properties() {
                let end = Int(rest.removeFirst()) + rest.startIndex
                while rest.startIndex < end {
                    switch rest.removeFirst() {
                    case 0x11: sessionExpiry = UInt32(word()) << 16 | UInt32(word())
                    case 0x21, 0x22: _ = word()
                    case 0x27: rest = rest.dropFirst(4)
                    case let other: fatalError("property \(other)")
                    }
                }
            }
            if packet.protocolLevel == 5 { properties() }
            _ = bytes()
            if packet.protocolLevel == 5 { properties() }
            willTopic = String(decoding: bytes(), as: UTF8.self)
            willPayload = bytes()
        }

        var isClean: Bool { flags & 0x02 != 0 }
        var hasWill: Bool { flags & 0x04 != 0 }
        var willQoS: UInt8 { flags >> 3 & 3 }
        var isWillRetained: Bool { flags & 0x20 != 0 }
    }

    private func connection(
        _ scene: SparkplugScene, _ port: UInt16, _ choice: BrokerSettings.ProtocolChoice
    ) async -> MQTTConnection {
        var settings = BrokerSettings.local(port)
        settings.protocolChoice = choice
        settings.disconnectsWithWill = true
        let session = scene.session
        let connection = MQTTConnection(settings: settings, will: { session.will(connect: $0) })
        for filter in session.subscriptions { await connection.subscribe(filter) }
        await connection.hurry()
        await connection.start()
        return connection
    }

    private func number(_ payload: [UInt8]) throws -> UInt64 {
        try Payload(serializedBytes: payload).metrics[0].longValue
    }

    @Test(
        """
        CONNECT: tck-id-principles-persistence-clean-session-50 \
        tck-id-principles-persistence-clean-session-311 \
        tck-id-message-flow-edge-node-birth-publish-will-message \
        tck-id-message-flow-edge-node-birth-publish-will-message-topic \
        tck-id-message-flow-edge-node-birth-publish-will-message-payload \
        tck-id-message-flow-edge-node-birth-publish-will-message-qos \
        tck-id-message-flow-edge-node-birth-publish-will-message-will-retained \
        tck-id-payloads-ndeath-will-message tck-id-payloads-ndeath-will-message-qos \
        tck-id-payloads-ndeath-will-message-retain
        """, arguments: [(BrokerSettings.ProtocolChoice.v5, UInt8(5)), (.v311, 4)])
    func connect(_ choice: BrokerSettings.ProtocolChoice, _ level: UInt8) async throws {
        let broker = try ScriptedBroker()
        let connection = await connection(try SparkplugScene(), broker.port, choice)
        for number in UInt64(0)..<3 {
            let (client, packet) = try await broker.welcome(level)
            #expect(packet.protocolLevel == level)
            let connect = Connect(packet)
            #expect(connect.isClean && (connect.sessionExpiry ?? 0) == 0)
            #expect(connect.hasWill && connect.willQoS == 1 && !connect.isWillRetained)
            #expect(connect.willTopic == "spBv1.0/city/NDEATH/cabinet-17")
            #expect(try self.number(connect.willPayload) == number)
            let link = try await connection.nextLink()
            #expect(link.connect == number + 1)
            await broker.close(client)
            _ = try await connection.nextFailure()
        }
        await connection.stop(farewell: nil, within: .zero)
    }

    @Test(
        """
        The first that is said is the birth, behind the broker's acceptance: \
        tck-id-principles-birth-certificates-order \
        tck-id-message-flow-edge-node-birth-publish-connect
        """)
    func birthsAreFirst() async throws {
        let broker = try ScriptedBroker()
        var scene = try SparkplugScene()
        let connection = await connection(scene, broker.port, .v5)
        let (client, _) = try await broker.welcome()
        let link = try await connection.nextLink()
        let filters = [try await broker.packet(of: client), try await broker.packet(of: client)]
        for (subscribe, filter) in zip(filters, scene.session.subscriptions) {
            #expect(subscribe.kind == .subscribe)
            // Behind the identifier and no properties: the filter, and QoS 1.
            #expect(subscribe.body.dropFirst(5).elementsEqual(Array(filter.utf8) + [1]))
        }
        let births = scene.session.births(
            Presence(
                epoch: scene.epoch, protocolVersion: .v5, connect: link.connect,
                clock: scene.anchor, roster: scene.roster))
        #expect(await connection.publish(births, as: PublishToken(1), over: link) == .sent)
        for birth in births {
            let publish = try await broker.packet(of: client)
            #expect(publish.kind == .publish && publish.topic == birth.topic)
            #expect(publish.head & 0x0F == 0, "QoS 0, not retained")
        }
        #expect(try await connection.nextSettled(1) == [1])
        await connection.stop(farewell: nil, within: .zero)
    }

    @Test(
        """
        The end, and another beginning: \
        tck-id-operational-behavior-edge-node-intentional-disconnect-packet \
        tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt50 \
        tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311 \
        tck-id-operational-behavior-edge-node-termination-host-offline-reconnect \
        tck-id-operational-behavior-primary-application-state-with-multiple-servers-single-server
        """, arguments: [(BrokerSettings.ProtocolChoice.v5, UInt8(5)), (.v311, 4)])
    func leave(_ choice: BrokerSettings.ProtocolChoice, _ level: UInt8) async throws {
        let broker = try ScriptedBroker()
        var scene = try SparkplugScene()
        let connection = await connection(scene, broker.port, choice)
        let (client, _) = try await broker.welcome(level)
        let link = try await connection.nextLink()
        scene.connect = link.connect
        try scene.births()
        let farewell = scene.session.farewell()
        await connection.leave(farewell: farewell, reason: "the primary host is offline")
        // All there is to the end of the first connection; then the next begins: of the list of
        // brokers, which is for MQTTConnection to go through, there is one.
        let packets = try await broker.packetsToTheEnd(of: client)
        #expect(packets.map(\.kind) == [.subscribe, .subscribe, .publish, .disconnect])
        #expect(packets[2].topic == "spBv1.0/city/NDEATH/cabinet-17")
        #expect(packets[3].body == (level == 5 ? [4] : []), "Disconnect with Will Message")
        _ = try await connection.nextFailure()
        let (_, again) = try await broker.welcome(level)
        #expect(try number(Connect(again).willPayload) == 1)
        _ = try await connection.nextLink()
        await connection.stop(farewell: nil, within: .zero)
    }

    @Test func dataThatAskForNoReceiptDoNotFillTheWindow() async throws {
        let broker = try ScriptedBroker()
        let connection = await MQTTConnection.started(.local(broker.port), window: 3)
        let (client, _) = try await broker.welcome()
        let link = try await connection.nextLink()
        let group = [OutboundMessage](repeating: OutboundMessage("d", qos: .atMostOnce), count: 9)
        for number in UInt64(1)...3 {
            let result = await connection.publish(
                group + [OutboundMessage("fence")], as: PublishToken(number), over: link)
            #expect(result == .sent)
        }
        let full = await connection.publish(
            [OutboundMessage("fence")], as: PublishToken(4), over: link)
        #expect(full == .windowFull)
        for number in UInt64(1)...3 {
            for _ in group { _ = try await broker.packet(of: client) }
            await broker.send(.puback(try await broker.packet(of: client)), to: client)
            #expect(try await connection.nextSettled(1) == [number])
        }
        await connection.stop(farewell: nil, within: .zero)
    }
}
