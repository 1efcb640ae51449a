import Glibc
import TestSupport
import Testing

/// `armadio read`: what a technician sees who asks a device at the cabinet, with no gateway
/// running. The field is served by other libraries; their registers show their own address.
@Suite struct ReadTests {
    private static let servers = ["pymodbus-server", "libmodbus-server"]

    /// A cabinet whose devices are on this server: one that answers, one that is mute, one that
    /// refuses.
    private func writeCabinet(_ port: UInt16, in folder: TestFolder) throws -> String {
        try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042
            uplink: {broker: mqtt://broker.invalid}
            buses:
              plc: {modbus-tcp: {host: 127.0.0.1, port: \(port)}, response-timeout: 300ms}
            devices:
              meter-1:
                driver: register-map
                bus: plc
                unit-id: 1
                points:
                  energy: {holding: 1, type: uint32, unit: kWh}
                  temperature: {input: 215, type: int16, scale: 0.1, unit: Cel}
                  door: {discrete: 3}
                  lamp: {coil: 4}
              meter-2:
                driver: register-map
                bus: plc
                unit-id: 2
                points:
                  energy: {holding: 10, unit: kWh}
                  spare: {holding: 20, not-available: 20}
                  beyond: {holding: 2000}
              mute: {driver: register-map, bus: plc, unit-id: 3, points: {a: {holding: 0}}}
              stubborn: {driver: register-map, bus: plc, unit-id: 22, points: {a: {holding: 0}}}

            """)
    }

    @Test(arguments: servers) func showsValueUnitAndQuality(_ program: String) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        let outcome = try await armadio("read", "meter-1", "-c", path)
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                POINT                VALUE  UNIT  QUALITY
                meter-1/energy       65538  kWh   good
                meter-1/temperature  21.5   Cel   good
                meter-1/door         true         good
                meter-1/lamp         false        good

                """)
        #expect(outcome.code == 0)
    }

    @Test(arguments: servers) func showsOnePoint(_ program: String) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        let outcome = try await armadio("read", "meter-1/temperature", "--config", path)
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                POINT                VALUE  UNIT  QUALITY
                meter-1/temperature   21.5  Cel   good

                """)
        #expect(outcome.code == 0)
    }

    @Test(arguments: servers) func printsJSON(_ program: String) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        let outcome = try await armadio("read", "meter-1", "--json", "-c", path)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        let rows = try decode([Row].self, from: outcome.output)
        #expect(
            rows == [
                Row(point: "meter-1/energy", value: .number(65538), unit: "kWh", quality: "good"),
                Row(
                    point: "meter-1/temperature", value: .number(21.5), unit: "Cel",
                    quality: "good"),
                Row(point: "meter-1/door", value: .bool(true), unit: "", quality: "good"),
                Row(point: "meter-1/lamp", value: .bool(false), unit: "", quality: "good"),
            ])
    }

    @Test(arguments: servers) func saysThatADeviceIsMute(_ program: String) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        let outcome = try await armadio("read", "mute", "-c", path)
        #expect(outcome.code == 4)
        #expect(
            outcome.output == """
                POINT   VALUE  UNIT  QUALITY
                mute/a      -        timeout

                """)
        #expect(
            outcome.errors
                == "armadio: plc: unit 3 at 127.0.0.1:\(server.port) did not answer within 300ms\n")
    }

    @Test(arguments: servers) func saysWithWhichExceptionADeviceRefuses(
        _ program: String
    ) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        let outcome = try await armadio("read", "stubborn/a", "--json", "-c", path)
        #expect(outcome.code == 4)
        let rows = try decode([Row].self, from: outcome.output)
        #expect(rows == [Row(point: "stubborn/a", unit: "", quality: "illegal-address")])
        #expect(
            outcome.errors == "armadio: plc: unit 22 at 127.0.0.1:\(server.port) refused with "
                + "exception 2 (Illegal data address)\n")
    }

    /// A device without a value, and a register it does not have, cost the others nothing.
    @Test(arguments: servers) func showsTheGoodValuesBesideTheBadOnes(
        _ program: String
    ) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        let outcome = try await armadio("read", "meter-2", "-c", path)
        #expect(outcome.code == 4)
        #expect(
            outcome.output == """
                POINT           VALUE  UNIT  QUALITY
                meter-2/energy     10  kWh   good
                meter-2/spare       -        not-available
                meter-2/beyond      -        illegal-address

                """)
        #expect(
            outcome.errors == "armadio: plc: unit 2 at 127.0.0.1:\(server.port) refused with "
                + "exception 2 (Illegal data address)\n")
    }

    @Test func saysWhatToLookAtWhenNobodyListens() async throws {
        let (server, folder) = (try await startServer("libmodbus-server"), try TestFolder())
        let path = try writeCabinet(server.port, in: folder)
        try await server.process.end(SIGTERM)
        let outcome = try await armadio("read", "mute", "-c", path)
        #expect(outcome.code == 4)
        #expect(
            outcome.output == """
                POINT   VALUE  UNIT  QUALITY
                mute/a      -        disconnected

                """)
        #expect(
            outcome.errors.hasPrefix(
                "armadio: plc: 127.0.0.1:\(server.port) refused the connection; is the port right, "
                    + "is Modbus TCP enabled there?"))
    }

    @Test(arguments: [
        ("meter1", "there is no device `meter1`; did you mean `meter-1`?"),
        ("pump", "there is no device `pump`; the devices are: meter-1, meter-2, mute, stubborn"),
        ("meter-1/dor", "meter-1 has no point `dor`; did you mean `door`?"),
        (
            "meter-1/pressure",
            "meter-1 has no point `pressure`; its points are: energy, temperature, door, lamp"
        ),
    ])
    func saysWhatThereIsInstead(_ target: String, _ message: String) async throws {
        let folder = try TestFolder()
        let path = try writeCabinet(502, in: folder)
        let outcome = try await armadio("read", target, "-c", path)
        #expect(outcome.code == 1)
        #expect(outcome.output == "")
        #expect(outcome.errors == "armadio: \(message)\n")
    }
}

/// A row of `read --json`.
private struct Row: Decodable, Equatable {
    var point: String
    var value: JSONValue?
    var unit: String
    var quality: String
}
