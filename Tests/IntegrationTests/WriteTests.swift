import Glibc
import TestSupport
import Testing

/// `armadio write` and safe states: a device of another library, read back by mbpoll, which is
/// nobody of ours.
@Suite struct WriteTests {
    private static let relay = """
          relay-1:
            driver: register-map
            bus: plc
            unit-id: 1
            interval: 200ms
            points:
              lamp: {coil: 1, writable: {safe: "on"}}
              fan: {coil: 2, writable: true}
              setpoint: {holding: 300, type: float32, writable: {min: 5, max: 90, safe: 12.5}}
              energy: {holding: 10}
        """

    /// A relay on a server of another library, and what mbpoll reads there.
    private struct Scene {
        let folder: TestFolder
        let server: (process: TestProcess, port: UInt16)
        let broker: MosquittoBroker

        init(uplink: String = "") async throws {
            folder = try TestFolder()
            server = try await startServer("pymodbus-server")
            broker = try await MosquittoBroker(in: folder)
            try TestGateway.write(
                to: folder, broker: broker.port, uplink: uplink, buses: ["plc": server.port],
                devices: WriteTests.relay)
        }

        func write(_ point: String, _ value: String) async throws -> TestProcess.Outcome {
            try await armadio("write", point, value, "-c", folder.path("cabinet.yaml"))
        }

        /// The value lines of mbpoll: `[0]: 	1`.
        func mbpoll(_ type: String, _ address: Int, _ count: Int = 1) async throws -> [String] {
            let outcome = try await TestProcess([
                "mbpoll", "-m", "tcp", "-p", "\(server.port)", "-a", "1", "-0", "-r", "\(address)",
                "-c", "\(count)", "-t", type, "-B", "-1", "-q", "127.0.0.1",
            ]).run()
            return outcome.output.split(separator: "\n").filter { $0.hasPrefix("[") }.map {
                String($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " || $0 == "\t" })
            }
        }
    }

    @Test func aDeviceIsSetWithoutAGateway() async throws {
        let scene = try await Scene()
        #expect(try await scene.mbpoll("0", 1) == ["0"])
        let lamp = try await scene.write("relay-1/lamp", "on")
        #expect(lamp.errors == "")
        #expect(lamp.output == "relay-1/lamp shows true\n")
        #expect(try await scene.mbpoll("0", 1) == ["1"])
        let setpoint = try await scene.write("relay-1/setpoint", "21.5")
        #expect(setpoint.output == "relay-1/setpoint shows 21.5\n")
        #expect(setpoint.code == 0)
        #expect(try await scene.mbpoll("4:float", 300) == ["21.5"])
    }

    @Test(arguments: [
        ("relay-1/setpoint", "91", 4, "setpoint is 5 to 90, not 91"),
        ("relay-1/energy", "1", 4, "energy is not writable; set `writable: true` there"),
        ("relay-1/lamp", "dim", 4, "lamp is a switch: true or false, not `dim`"),
        ("relay-1/lmp", "on", 1, "relay-1 has no point `lmp`; did you mean `lamp`?"),
        ("relay-1", "on", 1, "`relay-1` is no point; write DEVICE/POINT"),
    ])
    func saysWhyItDoesNotWrite(
        point: String, value: String, code: Int32, message: String
    ) async throws {
        let scene = try await Scene()
        let direct = try await scene.write(point, value)
        #expect(direct.errors == "armadio: \(message)\n")
        #expect(direct.output == "")
        #expect(direct.code == code)
        let gateway = try await TestGateway(in: scene.folder)
        #expect(try await scene.write(point, value).errors == "armadio: \(message)\n")
        try await gateway.stop()
    }

    /// The gateway writes between two polls, and the platform sees the new value at once.
    @Test func theRunningGatewayWrites() async throws {
        let scene = try await Scene()
        let platform = try await TestSubscriber(at: scene.broker)
        let gateway = try await TestGateway(in: scene.folder)
        let outcome = try await scene.write("relay-1/fan", "true")
        #expect(outcome.errors == "")
        #expect(outcome.output == "relay-1/fan shows true\n")
        try await gateway.log("relay-1/fan was set to true")
        #expect(try await scene.mbpoll("0", 2) == ["1"])
        _ = try await platform.messages { message in
            (try? message.readings)?.contains {
                $0.0 == "cabinet-0042/relay-1/fan" && $0.1.vb == true
            } == true
        }
        try await gateway.stop()
    }

    /// Who sits at a terminal is asked, with what the point is now.
    @Test func aPersonIsAskedFirst() async throws {
        let scene = try await Scene()
        let gateway = try await TestGateway(in: scene.folder)
        _ = try await gateway.status { ($0.devices.first?.good ?? 0) > 0 }
        let program = try TestProcess.armadio
        let words = [
            program, "write", "relay-1/fan", "on", "-c", scene.folder.path("cabinet.yaml"),
        ]
        let question = "set relay-1/fan, which shows false, to on? [y/N]"
        for (answer, code, outcome) in [
            ("n", 1, "nothing was set"), ("y", 0, "relay-1/fan shows true"),
        ] {
            #expect(try await scene.mbpoll("0", 2) == ["0"])
            let terminal = try TestTerminal(words)
            try await terminal.screen { $0.contains(question) }
            try await terminal.type(answer)
            try await terminal.screen { $0.contains(outcome) }
            #expect(await terminal.end() == Int32(code))
        }
        #expect(try await scene.mbpoll("0", 2) == ["1"])
        try await gateway.stop()
    }

    @Test func stoppingBringsPointsToTheirSafeValues() async throws {
        let scene = try await Scene()
        let gateway = try await TestGateway(in: scene.folder)
        _ = try await scene.write("relay-1/lamp", "off")
        _ = try await scene.write("relay-1/fan", "on")
        #expect(try await gateway.stop().code == 0)
        #expect(try await scene.mbpoll("0", 1, 2) == ["1", "1"])
        #expect(try await scene.mbpoll("4:float", 300) == ["12.5"])
    }

    @Test func losingTheUplinkForTooLongDoesToo() async throws {
        let scene = try await Scene(uplink: ", safe-after: 1s")
        let gateway = try await TestGateway(in: scene.folder)
        _ = try await gateway.status { $0.uplinks[0].isUp }
        _ = try await scene.write("relay-1/setpoint", "40")
        #expect(try await scene.mbpoll("4:float", 300) == ["40"])
        try await scene.broker.end()
        try await gateway.log(
            "the uplink has been down for 1s: in their safe state: relay-1/lamp, relay-1/setpoint")
        #expect(try await scene.mbpoll("4:float", 300) == ["12.5"])
        // Whoever stands at the cabinet may still set it.
        #expect(try await scene.write("relay-1/setpoint", "30").code == 0)
        #expect(try await scene.mbpoll("4:float", 300) == ["30"])
        try await gateway.stop()
    }

    /// A device that leaves the configuration is left safe; the others keep what was written.
    @Test func leavingTheConfigurationDoesToo() async throws {
        let scene = try await Scene()
        let gateway = try await TestGateway(in: scene.folder)
        _ = try await scene.write("relay-1/lamp", "off")
        let other = Self.relay.replacing("relay-1:", with: "relay-2:")
        try TestGateway.write(
            to: scene.folder, broker: scene.broker.port, buses: ["plc": scene.server.port],
            devices: other)
        await gateway.reload()
        try await gateway.log("in their safe state: relay-1/lamp, relay-1/setpoint")
        #expect(try await scene.mbpoll("0", 1) == ["1"])
        try await gateway.stop()
    }
}
