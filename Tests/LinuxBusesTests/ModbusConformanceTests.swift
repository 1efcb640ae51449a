import Buses
import Glibc
import LinuxBuses
import TestSupport
import Testing

/// The conformance suite on the scripted twin, and on the real bus against three servers that
/// share no code with it.
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

    @Test(arguments: ["pymodbus-server", "libmodbus-server"])
    func conformsOn(_ program: String) async throws {
        let server = TestProcess(support: program)
        try await server.start()
        let port = try #require(UInt16(try await server.line()))
        #expect(await ModbusConformance.failures(of: tcpBus(port: port)) == [])
    }
}
