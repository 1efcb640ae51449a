import TestSupport
import Testing

/// `armadio decode`, with registers of another library's server: each shows its own address.
@Suite struct DecodeTests {
    private static let servers = ["pymodbus-server", "libmodbus-server"]

    @Test(arguments: servers) func showsRegistersInEveryReading(_ program: String) async throws {
        let server = try await startServer(program)
        let outcome = try await armadio(
            "decode", "127.0.0.1:\(server.port)", "1", "input:0x7CE+4")
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                INPUT  HEX   UINT16  INT16  TEXT
                 1998  07CE    1998   1998  ..
                 1999  07CF    1999   1999  ..
                 2000  -          -      -  -
                 2001  -          -      -  -

                FLOAT32           ABCD           CDAB        BADC         DCBA
                   1998  3.1000025e-34  3.1150486e-34  -569622976  -2278426400

                UINT32       ABCD       CDAB        BADC        DCBA
                  1998  130942927  131008462  3456618247  3473395207

                INT32       ABCD       CDAB        BADC        DCBA
                 1998  130942927  131008462  -838349049  -821572089

                """)
        #expect(outcome.code == 0)
    }

    /// A bus of the configuration by its name, though no device is on it yet.
    @Test(arguments: servers) func findsKnownValues(_ program: String) async throws {
        let (server, folder) = (try await startServer(program), try TestFolder())
        let path = try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042
            uplink: {broker: mqtt://broker.invalid}
            buses: {plc: {modbus-tcp: {host: 127.0.0.1, port: \(server.port)}}}

            """)
        let outcome = try await armadio(
            "decode", "plc", "1", "500-502", "--like", "50.1Hz", "--like", "12A", "--within", "0.1",
            "-c", path)
        #expect(outcome.errors == "")
        #expect(
            outcome.output.hasPrefix(
                """
                like 50.1 Hz, the most likely first:
                  frequency: {holding: 501, scale: 0.1, unit: Hz}  # 50.100

                like 12 A: nothing comes near

                HOLDING  HEX   UINT16  INT16  TEXT
                """))
        let json = try await armadio(
            "decode", "plc", "1", "501", "--like", "50.1Hz", "--json", "-c", path)
        #expect(
            json.output.contains(
                #""configuration" : "frequency: {holding: 501, scale: 0.1, unit: Hz}""#))
        #expect(json.output.contains(#""uint16.ABCD" : "501""#))
    }

    @Test func noLineIsWiderThanATerminal() async throws {
        let server = try await startServer("sunspec-server")
        let outcome = try await armadio(
            "decode", "127.0.0.1:\(server.port)", "1", "40000+300", "--wide", "--like", "-230V",
            "--like", "98765.4321kvarh")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("40002"))
        #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test(arguments: servers) func saysWhyThereIsNothing(_ program: String) async throws {
        let server = try await startServer(program)
        let mute = try await armadio("decode", "127.0.0.1:\(server.port)", "3", "0-3")
        #expect(mute.code == 4)
        #expect(mute.errors.contains("unit 3 at 127.0.0.1:\(server.port) did not answer"))
        let refusing = try await armadio("decode", "127.0.0.1:\(server.port)", "1", "3000-3003")
        #expect(refusing.code == 4)
        #expect(refusing.errors == "armadio: the device has none of these registers\n")
    }

    @Test(arguments: [
        (["127.0.0.1", "1", "0..3"], "`0..3` is not a range of registers; write holding:0-19"),
        (["127.0.0.1", "1", "0-3", "--like", "0V"], "`0V` is not a value to look for; write"),
        (["127.0.0.1", "1", "0-3", "--within", "200"], "--within is 0 to 100 percent"),
        (["a b", "1", "0-3"], "`a b` is neither a bus of"),
        (["host:0", "1", "0-3"], "`host:0` is neither a bus of"),
    ])
    func saysHowToAsk(_ arguments: [String], _ message: String) async throws {
        let outcome = try await TestProcess(armadio: ["decode"] + arguments).run()
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(message))
    }
}
