import Platform
import Synchronization
import Telemetry
import TestSupport
import Testing
import Uplink

@testable import Receiver

/// Against mosquitto.
@Suite struct TelemetryReceiverTests {
    private let folder: TestFolder
    private let broker: MosquittoBroker

    init() async throws {
        folder = try TestFolder()
        broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous true", "max_queued_messages 0"])
    }

    private func settings(_ name: String) -> BrokerSettings {
        BrokerSettings(host: "127.0.0.1", port: broker.port, clientID: name)
    }

    private func publish(_ payload: String, to topic: String = "armadio/cab/telemetry") async throws
    {
        let outcome = try await TestProcess([
            "mosquitto_pub", "-h", "127.0.0.1", "-p", "\(broker.port)", "-q", "1", "-t", topic,
            "-m", payload,
        ]).run()
        try #require(outcome.code == 0, "\(outcome.errors)")
    }

    /// Starts a receiver, and waits until it has subscribed.
    private func receiver(
        _ name: String, group: String? = nil, version: BrokerSettings.ProtocolChoice = .v5
    ) async throws -> (TelemetryReceiver, AsyncStream<ReceiverEvent>) {
        var settings = settings(name)
        settings.protocolChoice = version
        let (events, sink) = AsyncStream<ReceiverEvent>.makeStream()
        let receiver = TelemetryReceiver(
            TelemetryReceiver.Options(broker: settings, group: group),
            store: ReadingStore(.sqlite(path: folder.path("readings.db")))
        ) { sink.yield($0) }
        await receiver.start()
        _ = try await broker.process.line(containing: "SUBACK to \(name)", on: .errors)
        return (receiver, events)
    }

    @Test(arguments: [BrokerSettings.ProtocolChoice.v5, .v311])
    func writesAndTellsWhatIsCommitted(_ version: BrokerSettings.ProtocolChoice) async throws {
        let broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous true", "log_type all"])
        try await Self(folder: folder, broker: broker).receiveOne(version)
    }

    private init(folder: TestFolder, broker: MosquittoBroker) {
        (self.folder, self.broker) = (folder, broker)
    }

    private func receiveOne(_ version: BrokerSettings.ProtocolChoice) async throws {
        let (receiver, events) = try await receiver("one", group: "g", version: version)
        let platform = try await broker.subscriber(
            to: "armadio/cab/committed", count: 1, format: "%p")
        try await publish("nonsense")
        try await publish(
            "[{\"bn\":\"cab/m/\",\"bt\":1700000000,\"epoch\":\"0000000000000abc-3\",\"first\":0,"
                + "\"count\":2,\"n\":\"a\",\"v\":1.5},{\"n\":\"b\",\"vs\":\"x\"}]")
        let committed = try await platform.line(containing: "journal")
        #expect(
            committed
                == "{\"journal\":\"0000000000000abc\",\"epoch\":3,\"committed\":2,\"ranges\":[]}")
        await receiver.stop()
        let totals = await receiver.totals
        #expect(totals.readings == 2 && totals.refused == 1 && totals.messages == 1)
        var heard: [String] = []
        for await event in events {
            switch event {
            case .refused(let topic, _, _): heard.append(topic)
            case .newGateway(let gateway): heard.append(gateway)
            default: continue
            }
            if heard.count == 2 { break }
        }
        #expect(heard == ["armadio/cab/telemetry", "cab"])
        let database = try SQLiteConnection(path: folder.path("readings.db"), creates: false)
        #expect(try database.rows("SELECT reason FROM refused").count == 1)
    }

    @Test func nothingIsDroppedWhileTheConsumerIsBusy() async throws {
        let connection = MQTTConnection(
            settings: settings("slow"), will: { _ in nil },
            inbound: InboundRule(messages: 4, payloadBytes: 1 << 20, heldBytes: 1 << 20))
        await connection.subscribe("flood")
        await connection.start()
        for await event in connection.events {
            if case .connected(let link) = event {
                // What it publishes itself comes back behind the subscription.
                for number in 1...20 {
                    let message = OutboundMessage(
                        topic: "flood", payload: [UInt8](repeating: UInt8(number), count: 300_000))
                    _ = await connection.publish(
                        [message], as: PublishToken(UInt64(number)), over: link)
                }
                break
            }
        }
        var came: [UInt8] = []
        var most = 0
        while came.count < 20 {
            let messages = await connection.nextMessages()
            try #require(!messages.isEmpty)
            most = max(most, messages.count)
            came += messages.map { $0.payload[0] }
        }
        #expect(came == Array(1...20))
        // The limit, and what one read may bring.
        #expect(most <= 4 + 20)
        #expect(await connection.droppedMessages == 0)
        await connection.stop(farewell: nil, within: .seconds(5))
        #expect(await connection.nextMessages().isEmpty)
    }
}
