import Settings
import Telemetry
import Testing

/// The configuration that the documentation shows, with every optional part.
let sampleCabinet = """
    gateway: cabinet-0042
    uplink:
      broker: mqtts://broker.city.example
      username: cabinet-0042
      password: {file: /etc/armadio/secrets/mqtt}
      tls: {ca: /etc/armadio/ca.pem}
      version: 3.1.1
      window: 20
      keep-alive: 30s
      batch: {readings: 500, bytes: 64KiB, age: 250ms}
      backlog: {order: in-order, limit: 2000}
    journal:
      path: /var/lib/armadio/journal
      commit-after: 10s
      size: 1GiB
      keep-delivered: 64MiB
    control:
      socket: /run/armadio/control.sock
    watchdog: {timeout: 15s}
    buses:
      plc: {modbus-tcp: {host: 192.168.1.20, port: 0x1F6}, response-timeout: 250ms}
    devices:
      meter-1:
        driver: register-map
        bus: plc
        interval: 1s
        order: no
        points:
          voltage: {holding: 0, type: float32, unit: V, deadband: 0.5, urgent: true}
          L1.current: {holding: 2, type: float32, unit: A, interval: 10s}
    """

/// What a driver declares: plain Decodable.
struct MeterOptions: Decodable {
    enum Kind: String, CaseIterable, Decodable { case int16, uint16, float32 }
    struct Point: Decodable {
        var holding: UInt16
        var type: Kind
        var unit: Unit?
    }
    var unitId: Int?
    var order: String?
    var responseTimeout: Duration?
    var points: NamedList<Point>
}

@Suite struct CabinetTests {
    @Test func readsEveryPartOfTheSample() throws {
        let file = SettingsFile(text: sampleCabinet, name: "cabinet.yaml")
        var options: MeterOptions?
        let settings = try file.load { settings in
            options = settings.devices["meter-1"]?.node.decode(MeterOptions.self)
        }
        #expect(settings.gateway == "cabinet-0042")
        let uplink = try #require(settings.uplinks["uplink"])
        #expect(uplink.brokers.first?.description == "mqtts://broker.city.example:8883")
        #expect(uplink.clientId == "armadio-cabinet-0042")
        #expect(uplink.password == .file(path: "/etc/armadio/secrets/mqtt"))
        #expect(uplink.version == .v311)
        #expect(uplink.batch.bytes.bytes == 65536)
        #expect(uplink.batch.age == .milliseconds(250))
        #expect(uplink.backlog.order == .inOrder && uplink.backlog.limit == 2000)
        #expect(settings.watchdog?.device == "/dev/watchdog")
        #expect(settings.watchdog?.timeout == .seconds(15))
        #expect(settings.journal.keepDelivered == .mebibytes(64))
        #expect(settings.buses["plc"]?.kind == .modbusTCP(host: "192.168.1.20", port: 502))
        let device = try #require(settings.devices["meter-1"])
        #expect(device.points.entries.map(\.name) == ["voltage", "L1.current"])
        #expect(device.points["voltage"]?.isUrgent == true)
        #expect(device.points["L1.current"]?.interval == .seconds(10))
        #expect(options?.order == "no")
        #expect(options?.points["voltage"]?.unit == Unit("V"))
        #expect(options?.points["L1.current"]?.type == .float32)
    }

    @Test func severalBrokersAndWaysToBeRecognisedAreRead() throws {
        let text = """
            gateway: g
            uplinks:
              main:
                broker: [mqtts://a.example, "mqtts://b.example:443"]
                fail-back: 2m
                tls: {ca: /ca.pem, certificate: /g.pem, key: {credential: g-key}, alpn: mqtt}
              other:
                broker: mqtts://c.example
                tls: {psk: {identity: g, key: {file: /etc/armadio/secrets/psk}}}
            """
        let settings = try SettingsFile(text: text, name: "cabinet.yaml").load()
        let main = try #require(settings.uplinks["main"])
        #expect(
            main.brokers.map(\.description) == ["mqtts://a.example:8883", "mqtts://b.example:443"])
        #expect(main.failBack == .seconds(120))
        #expect(main.tls?.ca == .path("/ca.pem") && main.tls?.certificate == .path("/g.pem"))
        #expect(main.tls?.key == .credential("g-key") && main.tls?.alpn == "mqtt")
        let other = try #require(settings.uplinks["other"])
        #expect(other.brokers.count == 1 && other.failBack == nil)
        #expect(other.tls?.psk?.identity == "g")
        #expect(other.tls?.psk?.key == .file(path: "/etc/armadio/secrets/psk"))
    }

    @Test func defaultsStandWhereNothingIsWritten() throws {
        let text = "gateway: g\nuplink: {broker: \"mqtt://[::1]\"}\n"
        let settings = try SettingsFile(text: text, name: "cabinet.yaml").load()
        #expect(
            settings.uplinks.entries[0].value.brokers[0]
                == BrokerAddress(host: "::1", port: 1883, usesTLS: false))
        #expect(settings.uplinks.entries[0].value.window == 20)
        #expect(settings.uplinks.entries[0].value.keepAlive == .seconds(30))
        #expect(settings.uplinks.entries[0].value.batch == BatchSettings())
        #expect(settings.uplinks.entries[0].value.version == .auto)
        #expect(settings.uplinks.entries[0].value.backlog == BacklogSettings())
        #expect(settings.journal == JournalSettings())
        #expect(settings.journal.size == .gibibytes(1))
        #expect(settings.control.socket == "/run/armadio/control.sock")
        #expect(settings.devices.entries.isEmpty)
    }

    @Test func readsSerialLines() throws {
        let text = """
            gateway: g
            uplink: {broker: "mqtt://broker"}
            buses:
              all: {modbus-rtu: {port: /dev/ttyS1, baud: 19200, parity: even, stop-bits: 2, rs485: kernel, turnaround: 5ms}}
              few: {modbus-rtu: {port: /dev/ttyS2}}
              server: {modbus-rtu-tcp: {host: 192.168.1.30, port: 4001}}
            """
        let buses = try SettingsFile(text: text, name: "cabinet.yaml").load().buses
        guard case .modbusRTU(let all) = buses["all"]?.kind,
            case .modbusRTU(let few) = buses["few"]?.kind
        else {
            Issue.record("no serial lines")
            return
        }
        #expect(all.port == "/dev/ttyS1" && all.baud == 19200 && all.parity == .even)
        #expect(all.stopBits == 2 && all.rs485 == .kernel && all.turnaround == .milliseconds(5))
        #expect(few.baud == 9600 && few.parity == .none && few.stopBits == 1)
        #expect(few.rs485 == .none && few.turnaround == .zero)
        #expect(
            buses["server"]?.kind == .modbusRTUOverTCP(host: "192.168.1.30", port: 4001))
    }
}
