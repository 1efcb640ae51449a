import Glibc
import TestSupport
import Testing

/// Serial lines from the configuration to the value, and the simulated one.
@Suite struct SerialLineTests {
    /// A cabinet whose one device is on this bus.
    private func writeCabinet(_ bus: String, in folder: TestFolder) throws -> String {
        try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042
            uplink: {broker: mqtt://broker.invalid}
            buses:
              line: {\(bus), response-timeout: 300ms}
            devices:
              meter-1:
                driver: register-map
                bus: line
                unit-id: 1
                points: {energy: {holding: 1, type: uint32, unit: kWh}, door: {discrete: 3}}
              mute: {driver: register-map, bus: line, unit-id: 3, points: {a: {holding: 0}}}

            """)
    }

    private let expected = """
        POINT           VALUE  UNIT  QUALITY
        meter-1/energy  65538  kWh   good
        meter-1/door    true         good

        """

    @Test(arguments: ["pymodbus-server", "libmodbus-server"])
    func readsFromAnotherLibrarysLine(_ program: String) async throws {
        let (cable, folder) = (try SerialCable(), try TestFolder())
        let server = TestProcess(support: program, [cable.farPath])
        try await server.start()
        _ = try await server.line(containing: cable.farPath)
        let path = try writeCabinet(
            "modbus-rtu: {port: \(cable.path), baud: 115200}", in: folder)
        let outcome = try await armadio("read", "meter-1", "-c", path)
        #expect(outcome.output == expected && outcome.errors == "" && outcome.code == 0)
        let mute = try await armadio("read", "mute", "-c", path)
        #expect(mute.code == 4)
        #expect(
            mute.errors == """
                armadio: line: unit 3 at \(cable.path) did not answer within 300ms; is it \
                switched on, are its unit id, rate and parity right, are A and B the right way?

                """)
    }

    @Test func readsFromASerialServer() async throws {
        let folder = try TestFolder()
        let server = TestProcess(support: "pymodbus-server", ["rtu-tcp"])
        try await server.start()
        let port = try await server.line()
        let path = try writeCabinet(
            "modbus-rtu-tcp: {host: 127.0.0.1, port: \(port)}", in: folder)
        let outcome = try await armadio("read", "meter-1", "-c", path)
        #expect(outcome.output == expected && outcome.errors == "" && outcome.code == 0)
    }

    @Test func readsFromTheSimulatedLine() async throws {
        let folder = try TestFolder()
        let link = folder.path("line")
        let field = try await SimulatedLine(units: 2, "--baud", "9600", "--link", link)
        let path = try writeCabinet("modbus-rtu: {port: \(link)}", in: folder)
        let outcome = try await armadio("read", "meter-1", "-c", path)
        #expect(outcome.output == expected && outcome.errors == "" && outcome.code == 0)
        let ended = try await field.process.end(SIGTERM)
        #expect(ended.code == 0 && ended.errors == "")
        #expect(ended.output.contains("2 requests, 2 answers, 0 broken requests, 0 collisions"))
        #expect(access(link, F_OK) != 0)
    }

    /// The simulated line as another library's client sees it.
    @Test(arguments: [[], ["--baud", "9600"]])
    func answersPymodbus(_ more: [String]) async throws {
        let faults = ["mute:1", "slow:2:300ms", "exception:3:4", "garbage:4"]
        let line = try await SimulatedLine(
            units: 5, faults: faults, more.first ?? "--profile", more.last ?? "addresses")
        let program = TestProcess.packageFolder + "/Tests/Support/modbus-client"
        let client = TestProcess(
            [program, line.path, "holding", "7", "2"] + (1...6).map { "\($0)" })
        let outcome = try await client.run()
        try #require(outcome.code == 0, "\(outcome.errors)")
        let answers = try outcome.output.split(separator: "\n").map {
            try decode(Answer.self, from: "\($0)")
        }
        try #require(answers.count == 6)
        #expect(answers[0].received == 0)
        #expect(answers[1].values == [7, 8] && answers[1].seconds >= 0.3)
        #expect(answers[2].exception == 4)
        #expect(answers[3].values == nil && answers[3].received > 0)
        #expect(answers[4].values == [7, 8])
        #expect(answers[5].values == nil && answers[5].received == 0)
    }

    private struct Answer: Decodable {
        var values: [UInt16]?
        var exception: Int?
        var received: Int
        var seconds: Double
    }

    @Test func saysThatALinesOptionsNeedALine() async throws {
        let outcome = try await armadio("simulate", "modbus", "--baud", "9600")
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("--baud and --link are for a serial line; add --rtu"))
    }
}
