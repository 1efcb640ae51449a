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
        #expect(await ModbusConformance.failures(of: ScriptedModbusBus(devices)) == [])
    }

    @Test func conformsOnTheFieldSimulator() async throws {
        let refusals = ModbusConformance.exceptions
            .map { "exception:\(ModbusConformance.refusingUnit($0)):\($0)" }
        let field = try await SimulatedField(
            units: 40, faults: ["mute:\(ModbusConformance.muteUnit)"] + refusals)
        #expect(await ModbusConformance.failures(of: tcpBus(port: field.port)) == [])
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
        #expect(await ModbusConformance.failures(of: rtuBus(line.path)) == [])
        #expect(line.counts.broken == 0)
        #expect(line.counts.collisions == 0)
    }

    @Test func rtuConformsOnPymodbus() async throws {
        let cable = try SerialCable()
        let server = TestProcess(support: "pymodbus-server", cable.devicePaths)
        try await server.start()
        _ = try await server.line(containing: cable.devicePaths[0])
        #expect(await ModbusConformance.failures(of: rtuBus(cable.path)) == [])
    }

    @Test func rtuOverTCPConformsOnPymodbus() async throws {
        let server = TestProcess(support: "pymodbus-server", ["rtu-tcp"])
        try await server.start()
        let port = try #require(UInt16(try await server.line()))
        #expect(await ModbusConformance.failures(of: rtuBus(port: port)) == [])
    }

    /// Each unit is a libmodbus server of its own, as devices on a line are.
    @Test func rtuConformsOnLibmodbus() async throws {
        let units = [1, 2] + ModbusConformance.exceptions.map(ModbusConformance.refusingUnit)
        let cable = try SerialCable(devices: units.count)
        let ports = zip(cable.devicePaths, units).flatMap { [$0, "\($1)"] }
        let server = TestProcess(support: "libmodbus-server", ports)
        try await server.start()
        _ = try await server.line(containing: "serving")
        #expect(await ModbusConformance.failures(of: rtuBus(cable.path)) == [])
    }

    // MARK: TCP

    @Test(arguments: ["pymodbus-server", "libmodbus-server"])
    func conformsOn(_ program: String) async throws {
        let server = TestProcess(support: program)
        try await server.start()
        let port = try #require(UInt16(try await server.line()))
        #expect(await ModbusConformance.failures(of: tcpBus(port: port)) == [])
    }
}
