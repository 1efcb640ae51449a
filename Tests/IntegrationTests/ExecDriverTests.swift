import Platform
import TestSupport
import Testing

/// The example drivers of the `exec` driver's page, and mistakes in the configuration of one.
@Suite struct ExecDriverTests {
    private static let examples = TestProcess.packageFolder + "/Sources/Drivers/Exec/Examples/"

    private func writeCabinet(_ devices: String, in folder: TestFolder) throws -> String {
        try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042
            uplink: {broker: mqtt://broker.invalid}
            devices:
            \(devices)

            """)
    }

    /// The devices of the page, with the examples where they are.
    private func examples(in folder: TestFolder) -> String {
        """
          weather:
            driver: exec
            command: [\(Self.examples)weather.py, --file, \(folder.path)/weather.json]
            points:
              temp: {unit: Cel}
              rain: {unit: mm, urgent: true}
              heater: {writable: {safe: off}}
          machine:
            driver: exec
            command: [\(Self.examples)load-average.sh]
            limits: {memory: 64MiB, cpu: 10%, files: 32}
            points: {load-1: {}, load-5: {}, load-15: {}}
        """
    }

    @Test func thePythonExampleIsRead() async throws {
        let folder = try TestFolder()
        let path = try writeCabinet(examples(in: folder), in: folder)
        _ = try folder.write("weather.json", #"{"temp": 21.5}"#)
        let outcome = try await armadio("read", "weather", "-c", path)
        #expect(
            outcome.output == """
                POINT           VALUE  UNIT  QUALITY
                weather/temp    21.5   Cel   good
                weather/rain    -      mm    not-available
                weather/heater  false        good

                """)
        #expect(outcome.errors.contains("rain: the station has not told it"))
        #expect(outcome.code == 4)
    }

    @Test func thePythonExampleIsWritten() async throws {
        let folder = try TestFolder()
        let path = try writeCabinet(examples(in: folder), in: folder)
        let outcome = try await armadio("write", "weather/heater", "on", "-c", path)
        #expect(outcome.output == "weather/heater shows true\n")
        #expect(outcome.code == 0)
        #expect(try readSmallFile(folder.path("weather.json.heater"), limit: 16) == "1\n")
        let refused = try await armadio("write", "weather/heater", "3", "-c", path)
        #expect(refused.code == 4)
        #expect(refused.errors.contains("the program says: only the heater can be switched"))
    }

    @Test func theSafeValueIsWrittenWhenTheGatewayStops() async throws {
        let folder = try TestFolder()
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(to: folder, broker: broker.port, devices: examples(in: folder))
        let gateway = try await TestGateway(in: folder)
        let outcome = try await armadio(
            "write", "weather/heater", "on", "-c", gateway.configuration)
        #expect(outcome.output == "weather/heater shows true\n", "\(outcome.errors)")
        #expect(try readSmallFile(folder.path("weather.json.heater"), limit: 16) == "1\n")
        #expect(try await gateway.stop().code == 0)
        #expect(try readSmallFile(folder.path("weather.json.heater"), limit: 16) == "0\n")
    }

    @Test func thePagesConfigurationIsSound() async throws {
        let folder = try TestFolder()
        let page = try readSmallFile(
            TestProcess.packageFolder + "/Sources/Drivers/Exec/exec-driver.md", limit: 65536)
        let parts = page.split(separator: "```", omittingEmptySubsequences: false)
        let block = try #require(parts.dropFirst().first)
        let devices = try #require(block.split(separator: "devices:\n").last)
        #expect(block.hasPrefix("yaml\ndevices:\n"))
        let path = try writeCabinet(String(devices), in: folder)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test func theShellExampleIsRead() async throws {
        let folder = try TestFolder()
        let path = try writeCabinet(examples(in: folder), in: folder)
        let outcome = try await armadio("read", "machine", "--json", "-c", path)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try decode([Row].self, from: outcome.output)
        #expect(rows.map(\.point) == ["machine/load-1", "machine/load-5", "machine/load-15"])
        #expect(rows.allSatisfy { $0.quality == "good" })
    }

    private struct Row: Decodable {
        var point: String
        var quality: String
    }

    @Test func aProgramThatCannotBeStartedSaysWhy() async throws {
        let folder = try TestFolder()
        let path = try writeCabinet(
            "  x: {driver: exec, command: [/no/such/driver], points: {p: {}}}", in: folder)
        let outcome = try await armadio("read", "x", "-c", path)
        #expect(outcome.code == 4)
        #expect(outcome.errors.contains("/no/such/driver cannot be started: there is no such file"))
    }

    @Test func aProgramHasABusOfItsOwn() async throws {
        let folder = try TestFolder()
        let path = try writeCabinet(
            """
              x: {driver: exec, bus: exec-x, command: [driver], points: {p: {}}}
              y: {driver: exec, command: [/driver], points: {p: {writable: {min: 2, safe: 1}}}}
              z: {driver: exec, bus: exec-z, command: [/driver], points: {p: {}}}
            buses:
              exec-x: {modbus-tcp: {host: h}}
              exec-z: {modbus-tcp: {host: h}}
            """, in: folder)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 2)
        for text in [
            "`command` is a program's whole path", "p is at least 2",
            "the driver `exec` has a bus of its own",
            "`exec-x` is what the bus of the driver `exec` is called",
            "`exec-z` is what the bus of the driver `exec` is called",
        ] {
            #expect(outcome.errors.contains(text) || outcome.output.contains(text), "\(outcome)")
        }
    }
}
