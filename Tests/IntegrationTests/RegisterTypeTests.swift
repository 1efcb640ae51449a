import TestSupport
import Testing

/// The types of a register map over a real connection: registers that mbpoll has written to a
/// server of another library are what the binary reads, and the other way round.
@Suite struct RegisterTypeTests {
    private static let device = """
          meter:
            driver: register-map
            bus: plc
            unit-id: 1
            points:
              mode: {holding: 200, states: {0: off, 1: heating, 2: cooling}, writable: true}
              phase: {holding: 200, bits: [0, 0], states: {0: even, 1: odd}}
              power: {holding: 201, type: int16, scale-factor: 900, not-available: 0x8000, unit: W}
              temperature:
                holding: 202
                expression: "raw > 10000 ? 10000 - raw : raw"
                scale: 0.1
                unit: Cel
              energy: {holding: 203, type: uint48, order: EFCDAB, writable: true}
              count: {holding: 206, type: bcd32, writable: true}
              serial: {holding: 208, type: string, length: 3, characters: low}
              level: {holding: 211, type: int8, not-available: [-1, 0x80], writable: true}
        """

    private struct Row: Decodable, Equatable {
        var point: String
        var value: JSONValue?
        var quality: String
    }

    private struct Scene {
        let folder: TestFolder
        let server: (process: TestProcess, port: UInt16)

        init() async throws {
            folder = try TestFolder()
            server = try await startServer("pymodbus-server")
            try TestGateway.write(
                to: folder, broker: 1, buses: ["plc": server.port],
                devices: RegisterTypeTests.device)
        }

        /// Reads holding registers with mbpoll, or writes these to them.
        @discardableResult
        func mbpoll(_ address: Int, _ arguments: String...) async throws -> [String] {
            let outcome = try await TestProcess(
                [
                    "mbpoll", "-m", "tcp", "-p", "\(server.port)", "-a", "1", "-0", "-r",
                    "\(address)", "-t", "4:hex", "-1", "-q",
                ] + arguments
            ).run()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return outcome.output.split(separator: "\n").filter { $0.hasPrefix("[") }.map {
                String($0.suffix(6))
            }
        }

        func read() async throws -> [Row] {
            let outcome = try await armadio(
                "read", "meter", "--json", "-c", folder.path("cabinet.yaml"))
            return try decode([Row].self, from: outcome.output)
        }

        func write(_ point: String, _ value: String) async throws -> TestProcess.Outcome {
            try await armadio(
                "write", "-c", folder.path("cabinet.yaml"), "--", "meter/" + point, value)
        }
    }

    @Test func everyPointIsReadAsConfigured() async throws {
        let scene = try await Scene()
        try await scene.mbpoll(
            200, "127.0.0.1", "1", "2301", "10055", "0x89AB", "0x4567", "0x0123", "0x1234",
            "0x5678", "0x0041", "0x0042", "0x0000", "0x12FE")
        try await scene.mbpoll(900, "127.0.0.1", "0xFFFF")
        #expect(
            try await scene.read() == [
                Row(point: "meter/mode", value: .text("heating"), quality: "good"),
                Row(point: "meter/phase", value: .text("odd"), quality: "good"),
                Row(point: "meter/power", value: .number(230.1), quality: "good"),
                Row(point: "meter/temperature", value: .number(-5.5), quality: "good"),
                Row(point: "meter/energy", value: .number(1_250_999_896_491), quality: "good"),
                Row(point: "meter/count", value: .number(12_345_678), quality: "good"),
                Row(point: "meter/serial", value: .text("AB"), quality: "good"),
                Row(point: "meter/level", value: .number(-2), quality: "good"),
            ])
    }

    @Test func whatIsMissingSaysWhy() async throws {
        let scene = try await Scene()
        try await scene.mbpoll(
            200, "127.0.0.1", "7", "2301", "0", "0", "0", "0", "0x000A", "0", "0xFFFF", "0", "0",
            "0x0080")
        try await scene.mbpoll(900, "127.0.0.1", "0x8000")
        let rows = try await scene.read()
        #expect(rows.first?.value == .text("7"))
        #expect(
            rows.map(\.quality) == [
                "good", "good", "not-available", "good", "good", "unrepresentable",
                "not-available", "not-available",
            ])
    }

    @Test func whatIsWrittenIsWhatOthersRead() async throws {
        let scene = try await Scene()
        #expect(try await scene.write("mode", "cooling").errors == "")
        #expect(try await scene.mbpoll(200, "127.0.0.1") == ["0x0002"])
        #expect(try await scene.write("energy", "1250999896491").errors == "")
        #expect(
            try await scene.mbpoll(203, "-c", "3", "127.0.0.1") == ["0x89AB", "0x4567", "0x0123"])
        #expect(try await scene.write("count", "12345678").errors == "")
        #expect(try await scene.mbpoll(206, "-c", "2", "127.0.0.1") == ["0x1234", "0x5678"])
        #expect(try await scene.write("level", "-2").errors == "")
        #expect(try await scene.mbpoll(211, "127.0.0.1") == ["0xFFFE"])
        let stranger = try await scene.write("mode", "auto")
        #expect(
            stranger.errors
                == "armadio: mode is one of `off`, `heating`, `cooling`, not `auto`\n")
        #expect(stranger.code == 4)
        #expect(
            try await scene.write("power", "1").errors
                == "armadio: power is not writable; set `writable: true` there\n")
    }
}
