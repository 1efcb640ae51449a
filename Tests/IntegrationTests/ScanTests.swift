import Glibc
import TestSupport
import Testing

/// `armadio scan modbus`, with devices of other libraries.
@Suite struct ScanTests {
    /// A server's place: a port of this machine, or a pseudo terminal.
    private func server(_ arguments: String...) async throws -> (
        process: TestProcess, place: String
    ) {
        let program = TestProcess.packageFolder + "/Tests/Support/sunspec-server"
        let process = TestProcess([program] + arguments)
        try await process.start()
        let place = try await process.line()
        return (process, place.hasPrefix("/") ? place : "127.0.0.1:" + place)
    }

    /// The devices below `devices:`.
    private func devices(_ proposal: String) -> [String] {
        proposal.matches(of: /\ \ (unit-\d+):/).map { String($0.1) }
    }

    private func check(_ proposal: String, in folder: TestFolder) async throws -> String {
        let path = try folder.write("cabinet.yaml", proposal)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.errors == "")
        #expect(outcome.code == 0)
        return path
    }

    /// The proposal passes the check, and reads the devices that were found.
    @Test func findsDevicesAndProposesAConfiguration() async throws {
        let (server, place) = try await server()
        let outcome = try await armadio("scan", "modbus", place)
        #expect(outcome.code == 0)
        #expect(devices(outcome.output) == ["unit-1", "unit-2", "unit-3", "unit-4", "unit-5"])
        #expect(
            outcome.output.contains(
                """
                  unit-1:
                    # Fronius, Symo 8.2-3-M, version 3.29.1-3, serial 29301000987160033
                    # SunSpec at 40000, models: 1, 103, 64999, 160, 203, 203, 802
                    driver: sunspec
                    models: [103, 160, 203, 203#2, 802]
                    bus: modbus-1
                    unit-id: 1

                """))
        // By function 43/14, in two answers, with a line break in a name.
        #expect(outcome.output.contains("# Armadio Tests, Four devices, xxx"))
        #expect(outcome.errors.contains("unit 4: Armadio Tests, Four devices, xxx"))
        let folder = try TestFolder()
        let path = try await check(outcome.output, in: folder)
        let read = try await armadio("read", "unit-2/ac-voltage-an", "-c", path)
        #expect(read.output.contains("230.1"))
        try await server.end(SIGTERM)
    }

    @Test func aDeviceThatAnswersForEverybodyIsProposedOnce() async throws {
        let (server, place) = try await server("--every-unit")
        let outcome = try await armadio("scan", "modbus", place, "--full")
        #expect(outcome.code == 0)
        #expect(devices(outcome.output) == ["unit-1", "unit-2", "unit-3", "unit-4", "unit-5"])
        #expect(outcome.output.contains("# answers under every unit id"))
        try await server.end(SIGTERM)
    }

    @Test func otherLibrariesUnitsAreFoundToo() async throws {
        let (server, port) = try await startServer("libmodbus-server")
        let outcome = try await armadio(
            "scan", "modbus", "127.0.0.1:\(port)", "--units", "1-4,20-32", "--timeout", "200ms")
        #expect(outcome.code == 0)
        // Those that refuse everything too, but not what a gateway says of an empty place.
        #expect(devices(outcome.output).starts(with: ["unit-1", "unit-2", "unit-21", "unit-22"]))
        #expect(!devices(outcome.output).contains("unit-31"))
        _ = try await check(outcome.output, in: TestFolder())
        try await server.end(SIGTERM)
    }

    /// A pseudo terminal's rate is what its user sets; the server answers at one rate alone.
    @Test func findsTheRateOfASerialLine() async throws {
        let (server, place) = try await server("--serial", "38400")
        let outcome = try await armadio(
            "scan", "modbus", place, "--units", "3-6,255", "--timeout", "200ms")
        #expect(outcome.code == 0)
        #expect(devices(outcome.output) == ["unit-3", "unit-4", "unit-5"])
        #expect(
            outcome.output.contains(
                "modbus-1: {modbus-rtu: {port: \(place), baud: 38400, parity: none, stop-bits: 1}}")
        )
        #expect(outcome.output.contains("`armadio decode \(place) 4 0-19 --baud 38400`"))
        _ = try await check(outcome.output, in: TestFolder())
        let decoded = try await armadio("decode", place, "1", "40000-40001", "--baud", "38400")
        #expect(decoded.output.contains(/40001  6E53   28243  28243  nS/))
        try await server.end(SIGTERM)
    }

    @Test func endsEarlyWithWhatWasFound() async throws {
        let (server, place) = try await server()
        let scan = try TestProcess(
            armadio: ["scan", "modbus", place, "--units", "1,6-255", "--timeout", "10s"])
        try await scan.start()
        _ = try await scan.line(containing: "unit 1: Fronius", on: .errors)
        let outcome = try await scan.end(SIGINT)
        #expect(outcome.code == 0)
        #expect(outcome.errors.contains(/armadio: ended after \d+ unit ids\n/))
        #expect(devices(outcome.output) == ["unit-1"])
        _ = try await check(outcome.output, in: TestFolder())
        try await server.end(SIGTERM)
    }

    @Test func saysThatNothingIsThere() async throws {
        let (server, place) = try await server()
        let empty = try await armadio(
            "scan", "modbus", place, "--units", "7,8", "--timeout", "50ms")
        #expect(empty.code == 4)
        #expect(empty.output == "")
        #expect(empty.errors == "armadio: no device answered\n")
        try await server.end(SIGTERM)
        let refused = try await armadio("scan", "modbus", place)
        #expect(refused.code == 4)
        #expect(refused.errors.hasPrefix("armadio: \(place): \(place) refused the connection"))
        let port = try await armadio("scan", "modbus", "/dev/no-such-port")
        #expect(port.code == 4)
        #expect(port.errors.contains("/dev/no-such-port"))
    }

    @Test(arguments: [
        (["--units", "1-300"], "--units are 0 to 255"),
        (["--units", "9-1"], "--units are 0 to 255"),
        (["--units", "1", "--full"], "--full or --units, not both"),
        (["--timeout", "1"], "`1` has no unit"), (["--timeout", "1h"], "--timeout is 10ms to 10s"),
        (["--baud", "9601"], "--baud is one of 1200,"), (["--stop-bits", "3"], "--stop-bits is 1"),
    ])
    func saysHowToAsk(_ options: [String], _ message: String) async throws {
        let outcome = try await TestProcess(
            armadio: ["scan", "modbus", "127.0.0.1"] + options
        ).run()
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(message))
    }
}
