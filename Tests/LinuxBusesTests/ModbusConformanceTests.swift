import Buses
import Glibc
import LinuxBuses
import TestSupport
import Testing

/// The conformance suite on the scripted twin, and on the real bus against servers that share no
/// code with it.
@Suite struct ModbusConformanceTests {
    @Test func scriptedTwinConforms() async {
        var device = ScriptedDevice.addresses(count: ModbusConformance.tableSize)
        var devices: [UInt8: ScriptedDevice] = [1: device, 2: device]
        for code in ModbusConformance.exceptions {
            device.refusal = code
            devices[ModbusConformance.refusingUnit(code)] = device
        }
        await expectConformity(ScriptedModbusBus(devices))
    }

    @Test func conformsOnTheFieldSimulator() async throws {
        let refusals = ModbusConformance.exceptions
            .map { "exception:\(ModbusConformance.refusingUnit($0)):\($0)" }
        let field = try await SimulatedField(
            units: 40, faults: ["mute:\(ModbusConformance.muteUnit)"] + refusals)
        await expectConformity(tcpBus(port: field.port))
        #expect(try await field.process.end(SIGTERM).code == 0)
    }

    // MARK: RTU

    @Test(arguments: [nil, 115_200]) func conformsOnTheEmulatedLine(baud: Int?) async throws {
        var device = ScriptedDevice.addresses(count: ModbusConformance.tableSize)
        var devices: [UInt8: ScriptedDevice] = [1: device, 2: device]
        for code in ModbusConformance.exceptions {
            device.refusal = code
            devices[ModbusConformance.refusingUnit(code)] = device
        }
        let line = try SerialLine(baud: baud, devices: devices)
        await expectConformity(rtuBus(line.path))
        #expect(line.counts.broken == 0)
        #expect(line.counts.collisions == 0)
    }

    @Test(arguments: ["pymodbus-server", "libmodbus-server"])
    func rtuConformsOn(_ program: String) async throws {
        let cable = try SerialCable()
        let server = TestProcess(support: program, [cable.farPath])
        try await server.start()
        _ = try await server.line(containing: cable.farPath)
        await expectConformity(rtuBus(cable.path))
    }

    @Test func rtuOverTCPConformsOnPymodbus() async throws {
        let server = TestProcess(support: "pymodbus-server", ["rtu-tcp"])
        try await server.start()
        let port = try #require(UInt16(try await server.line()))
        await expectConformity(rtuBus(port: port))
    }

    // MARK: TCP

    @Test(arguments: ["pymodbus-server", "libmodbus-server"])
    func conformsOn(_ program: String) async throws {
        let server = TestProcess(support: program)
        try await server.start()
        let port = try #require(UInt16(try await server.line()))
        await expectConformity(tcpBus(port: port))
    }

    private func expectConformity(
        _ bus: any ModbusBus, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let failures = await ModbusConformance.failures(of: bus)
        #expect(failures == [], sourceLocation: sourceLocation)
    }
}
