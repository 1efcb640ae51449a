import Buses
import FieldSimulator
import LinuxBuses
import TestSupport
import Testing

/// The conformance suite on the scripted twin, and on the real bus against three servers that
/// share no code with it.
@Suite struct ModbusConformanceTests {
    @Test func scriptedTwinConforms() async {
        let device = ScriptedDevice.addresses(count: ModbusConformance.tableSize)
        let bus = ScriptedModbusBus([1: device, 2: device])
        #expect(await ModbusConformance.failures(of: bus) == [])
    }

    @Test func conformsOnTheFieldSimulator() async throws {
        var options = ModbusFieldSimulator.Options()
        options.units = 1...9
        options.profile = .addresses
        let faults = Faults([ModbusConformance.muteUnit: .mute])
        let field = ModbusFieldSimulator(options, faults: faults)
        let bus = tcpBus(port: try await field.start())
        #expect(await ModbusConformance.failures(of: bus) == [])
        await field.stop()
    }

    @Test(arguments: ["pymodbus-server", "libmodbus-server"])
    func conformsOn(_ program: String) async throws {
        let server = ServerProcess("Tests/Support/" + program, "tcp")
        let port = try #require(UInt16(try await server.start()))
        #expect(await ModbusConformance.failures(of: tcpBus(port: port)) == [])
        await server.stop()
    }
}

/// A bus to a server on this machine.
func tcpBus(
    port: UInt16, host: String = "127.0.0.1", responseTimeout: Duration = .seconds(5),
    clock: ManualClock = ManualClock()
) -> ModbusTCPBus {
    let line = ModbusLine(
        name: "plc", endpoint: .tcp(host: host, port: port), responseTimeout: responseTimeout)
    return ModbusTCPBus(line: line, host: host, port: port, clock: clock)
}
