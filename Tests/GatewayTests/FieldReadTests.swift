import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers
@testable import Gateway

@Suite struct FieldReadTests {
    private struct Buses: BusProvider {
        var bus: ScriptedModbusBus
        func modbus(_ line: ModbusLine) -> any ModbusBus { bus }
        func i2c(_ line: I2CLine) -> any I2CBus { preconditionFailure("no I2C here") }
        func gpio(named name: String) -> any GPIOBank { preconditionFailure("no GPIO here") }
        func sensors(named name: String) -> any SensorFiles { preconditionFailure("no chips here") }
        func process(_ line: ProgramLine) -> any LineProcess {
            preconditionFailure("no programs here")
        }
    }

    private func device(_ addresses: [UInt16]) -> DeviceSpec {
        let registers = addresses.map {
            RegisterMapDriver.Register(
                name: "p\($0)", table: .holding, address: $0,
                codec: RegisterCodec(type: .uint16, order: .abcd, registers: 1))
        }
        let plan = DevicePlan(channels: registers.map { Channel(name: $0.name) }) {
            handle, memory in
            guard case .modbus(let bus) = handle else { preconditionFailure("a Modbus device") }
            return RegisterMapDriver(
                bus: bus, unit: 1, responseTimeout: nil, planner: BlockPlanner(),
                registers: registers, memory: memory)
        }
        let points = registers.enumerated().map { index, register in
            DeviceSpec.PointSpec(
                id: PointID(index: UInt32(index)),
                point: Point(device: "meter", name: register.name, unit: .none),
                interval: .seconds(1))
        }
        return DeviceSpec(name: "meter", plan: plan, points: points)
    }

    /// A single read shows what the gateway shows after its first polls: a gap that the device
    /// refuses, or one register that it does not have, does not spoil the others.
    @Test func aSingleReadFindsWhatIsRefused() async {
        var meter = ScriptedDevice.addresses(count: 100)
        meter.missingRegisters = [15, 30]
        let device = device([0, 10, 20, 30, 40])
        let endpoint = ModbusEndpoint.tcp(host: "meter.invalid", port: 502)
        let line = LinePlan(
            line: .modbus(
                ModbusLine(name: "line", endpoint: endpoint, responseTimeout: .seconds(1))),
            devices: [device], fingerprint: "")
        let read = await FieldRead(line: line, device: device, clock: ManualClock())
            .outcome(of: [0, 1, 2, 3, 4], over: Buses(bus: ScriptedModbusBus([1: meter])))
        #expect(
            read.readings.map(\.quality) == ["good", "good", "good", "illegal-address", "good"])
        #expect(
            read.readings.map { $0.value?.value } == [
                .uint64(0), .uint64(10), .uint64(20), nil, .uint64(40),
            ])
        #expect(!read.isGood)
    }
}
