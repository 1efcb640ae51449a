import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A running gateway lends its bus to `scan` and `decode`, and gets it back.
@Suite struct LendingTests {
    private static let devices = """
          pv:
            driver: sunspec
            bus: plc
            unit-id: 2
            interval: 100ms
            models: [113]
            points: {ac-power: {}}
        """

    /// A gateway that polls a device of the server, and its broker.
    private func gateway(
        _ folder: TestFolder, _ port: UInt16
    ) async throws -> (gateway: TestGateway, broker: MosquittoBroker) {
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": port], devices: Self.devices)
        return (try await TestGateway(in: folder), broker)
    }

    /// Starts a scan that lasts, since most of its units are not there.
    private func startScan(of units: String, _ gateway: TestGateway) async throws -> TestProcess {
        let scan = try TestProcess(
            armadio: [
                "scan", "modbus", "plc", "--units", units, "--timeout", "10s", "-c",
                gateway.configuration,
            ])
        try await scan.start()
        try await gateway.log("lent plc")
        return scan
    }

    private func good(_ gateway: TestGateway) async throws -> Int {
        try await gateway.status { ($0.devices.first?.good ?? 0) > 0 }.devices[0].good
    }

    @Test func theBusIsLentAndComesBack() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let (gateway, broker) = try await gateway(folder, server.port)
        let before = try await good(gateway)
        let scan = try await armadio(
            "scan", "modbus", "localhost:\(server.port)", "--units", "1-6", "--timeout", "200ms",
            "-c", gateway.configuration)
        #expect(scan.code == 0)
        #expect(scan.errors.contains("armadio: the gateway does not poll plc meanwhile\n"))
        #expect(scan.output.contains("unit-5:"))
        try await gateway.log("lent plc: not polled until it is returned")
        try await gateway.log("plc: returned")
        // It counts on from where it was.
        _ = try await gateway.status { $0.devices.first.map { $0.good > before } ?? false }
        let decode = try await armadio(
            "decode", "plc", "2", "50000-50001", "-c", gateway.configuration)
        #expect(decode.code == 0)
        #expect(decode.output.contains("5375"))
        try await gateway.log("plc: returned")
        try await gateway.stop()
        _ = broker
    }

    /// While a bus is lent no request of the gateway comes to the server, and its points say why.
    @Test func nothingIsPolledMeanwhile() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let (gateway, broker) = try await gateway(folder, server.port)
        _ = try await good(gateway)
        let subscriber = try await TestSubscriber(at: broker)
        let scan = try await startScan(of: "1,6-255", gateway)
        _ = try await scan.line(containing: "unit 1", on: .errors)
        _ = try await subscriber.messages { message in
            guard message.sequence != nil else { return false }
            return try message.readings.contains {
                $0.name.hasSuffix("pv/ac-power/quality") && $0.record.vs == "suspended"
            }
        }
        let first = try await gateway.status { !$0.devices.isEmpty }.devices[0]
        let text = try await gateway.status().output
        #expect(text.contains("- buses: not polled, lent to a command: plc\n"))
        let other = try await armadio("decode", "plc", "2", "0-1", "-c", gateway.configuration)
        #expect(other.code == 1)
        #expect(other.errors == "armadio: plc is lent to somebody else; try again later\n")
        let read = try await armadio("read", "pv", "-c", gateway.configuration)
        #expect(read.code == 1)
        #expect(
            read.errors == "armadio: plc, the bus of pv, is lent to a command such as a scan; "
                + "try again when that is done\n")
        let second = try await gateway.status { !$0.devices.isEmpty }.devices[0]
        #expect(first.good == second.good)
        #expect(first.bad == second.bad)
        let outcome = try await scan.end(SIGINT)
        #expect(outcome.code == 0)
        try await gateway.log("plc: returned")
        _ = try await gateway.status { $0.devices.first.map { $0.good > second.good } ?? false }
        try await gateway.stop()
    }

    /// A serial line has one user: the gateway has closed the port while it is lent.
    @Test func aSerialPortIsLent() async throws {
        let program = TestProcess.packageFolder + "/Tests/Support/sunspec-server"
        let server = TestProcess([program, "--serial", "38400"])
        try await server.start()
        let port = try await server.line()
        let folder = try TestFolder()
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(to: folder, broker: broker.port, devices: Self.devices)
        let path = folder.path("cabinet.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try folder.write(
            "cabinet.yaml",
            text.replacing(
                "devices:",
                with: "buses:\n  plc: {modbus-rtu: {port: \(port), baud: 38400}}\ndevices:"
            ))
        let gateway = try await TestGateway(in: folder)
        let before = try await good(gateway)
        for target in ["plc", port] {
            let scan = try await armadio(
                "scan", "modbus", target, "--units", "1-3", "--baud", "38400", "-c", path)
            #expect(scan.code == 0)
            #expect(scan.output.contains("unit-2:"))
            #expect(scan.output.contains(target == "plc" ? "  plc: {" : "  modbus-1: {"))
            try await gateway.log("plc: returned")
        }
        _ = try await gateway.status { $0.devices.first.map { $0.good > before } ?? false }
        try await gateway.stop()
        try await server.end(SIGTERM)
    }

    /// A bus comes back as the configuration has it by then.
    @Test func theConfigurationMayChangeMeanwhile() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let (gateway, broker) = try await gateway(folder, server.port)
        _ = try await good(gateway)
        let scan = try await startScan(of: "6-255", gateway)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": server.port],
            devices: Self.devices.replacing("pv:", with: "roof:"))
        await gateway.reload()
        try await gateway.log("configuration reloaded")
        #expect(try await gateway.status { _ in true }.devices.isEmpty)
        try await scan.end(SIGINT)
        try await gateway.log("plc: returned")
        let status = try await gateway.status { ($0.devices.first?.good ?? 0) > 0 }
        #expect(status.devices.map(\.name) == ["roof"])
        try await gateway.stop()
    }

    /// A client that is killed returns nothing; the gateway takes the bus back by itself.
    @Test func aKilledClientKeepsNothing() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let (gateway, broker) = try await gateway(folder, server.port)
        let before = try await good(gateway)
        let scan = try await startScan(of: "6-255", gateway)
        try await scan.end(SIGKILL)
        try await gateway.log("plc: not returned in time after ")
        _ = try await gateway.status { $0.devices.first.map { $0.good > before } ?? false }
        try await gateway.stop()
        _ = broker
    }
}
