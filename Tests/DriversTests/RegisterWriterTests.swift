import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Writes to a device in memory: which function is used, what is read back, what is refused.
@Suite struct RegisterWriterTests {
    private typealias Scene = RegisterScene

    private func scene(_ register: RegisterMapDriver.Register) -> Scene {
        Scene(.addresses(count: 100), [register])
    }

    private func coil(_ rules: WriteRules? = WriteRules()) -> RegisterMapDriver.Register {
        RegisterMapDriver.Register(
            name: "lamp", table: .coil, address: 7,
            codec: RegisterCodec(type: .bool, order: .abcd, registers: 1), writing: rules)
    }

    private func holding(
        _ type: RegisterType, scale: Double? = nil, _ rules: WriteRules? = WriteRules()
    ) -> RegisterMapDriver.Register {
        RegisterMapDriver.Register(
            name: "setpoint", table: .holding, address: 20,
            codec: RegisterCodec(
                type: type, order: .abcd, registers: type.registers,
                scaling: Scaling(scale: scale, offset: nil)),
            writing: rules)
    }

    private func operations(_ scene: Scene) async -> [ModbusRequest.Operation] {
        await scene.bus.requests.map(\.operation)
    }

    @Test func aCoilIsSetAndReadBack() async throws {
        let scene = self.scene(coil())
        #expect(try await scene.write(.bool(true)) == .bool(true))
        #expect(
            await operations(scene) == [
                .writeCoil(address: 7, value: true), .readCoils(address: 7, count: 1),
            ])
        #expect(await scene.samples().map(\.value) == [.bool(true)])
    }

    @Test(arguments: [
        ("on", true), ("true", true), ("1", true), ("off", false), ("false", false), ("0", false),
    ])
    func aSwitchTakesWhatPeopleWrite(text: String, state: Bool) async throws {
        #expect(try await self.scene(coil()).write(.string(text)) == .bool(state))
    }

    @Test func aRegisterIsWrittenInItsUnit() async throws {
        let scene = self.scene(holding(.int16, scale: 0.1))
        #expect(try await scene.write(.string("-12.3")) == .double(-12.3))
        #expect(
            await operations(scene).first
                == .writeRegister(address: 20, value: UInt16(bitPattern: -123)))
    }

    /// What is between two steps of the register is rounded, and is taken all the same.
    @Test func aValueIsRoundedToTheRegistersSteps() async throws {
        let scene = self.scene(holding(.uint16, scale: 0.5))
        #expect(try await scene.write(.double(10.2)) == .double(10))
    }

    @Test func severalRegistersAreWrittenInOneRequest() async throws {
        let scene = self.scene(holding(.float32))
        #expect(try await scene.write(.double(230.1)) == .double(230.1))
        #expect(
            await operations(scene) == [
                .writeRegisters(address: 20, values: [0x4366, 0x199A]),
                .readHoldingRegisters(address: 20, count: 2),
            ])
    }

    @Test func theConfiguredFunctionIsUsed() async throws {
        let rules = WriteRules(function: .multiple)
        let register = self.scene(holding(.uint16, rules))
        _ = try await register.write(.int64(5))
        #expect(await operations(register).first == .writeRegisters(address: 20, values: [5]))
        let lamp = self.scene(coil(rules))
        _ = try await lamp.write(.bool(true))
        #expect(await operations(lamp).first == .writeCoils(address: 7, values: [true]))
    }

    /// Some devices know function 16 alone, and say so.
    @Test func aDeviceThatDoesNotKnowTheFunctionIsAskedByTheOther() async throws {
        let scene = self.scene(holding(.uint16))
        await scene.bus.fail(BusError(.exception(1), "illegal function"))
        #expect(try await scene.write(.int64(5)) == .uint64(5))
        #expect(await operations(scene)[1] == .writeRegisters(address: 20, values: [5]))
    }

    /// A device that restarts when it is asked too fast is not asked faster for a write.
    @Test func theDevicesPauseIsKept() async throws {
        let pause = Duration.milliseconds(100)
        let scene = RegisterScene(.addresses(count: 100), pause: pause, [holding(.uint16)])
        _ = await scene.poll()
        _ = try await scene.write(.int64(5))
        #expect(await scene.bus.requests.map(\.pause) == [pause, pause, pause])
    }

    @Test func withoutVerificationNothingIsRead() async throws {
        let scene = self.scene(holding(.uint16, WriteRules(verifies: false)))
        #expect(try await scene.write(.int64(5)) == nil)
        #expect(await operations(scene).count == 1)
        #expect(await scene.samples().isEmpty)
    }

    @Test func aDeviceThatConfirmsAndDoesNothingIsFoundOut() async throws {
        let scene = self.scene(holding(.uint16))
        await scene.bus.change(Scene.unit) { $0.ignoresWrites = true }
        let error = await failure(of: .int64(5), on: scene)
        guard case .notTaken(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.hasPrefix("setpoint was set to 5 and confirmed, but shows 20;"))
        #expect(await operations(scene).count == 1 + RegisterWriter.readBacks)
        #expect(await scene.samples().isEmpty)
    }

    @Test func whatDoesNotFitIsNeverSent() async throws {
        let limits = WriteRules(range: 0...100)
        let refused: [(RegisterMapDriver.Register, Value, String)] = [
            (holding(.uint16, limits), .int64(101), "setpoint is 0 to 100, not 101"),
            (holding(.uint16, limits), .string("-1"), "setpoint is 0 to 100, not -1"),
            (
                holding(.uint16, WriteRules(range: -.infinity...50)), .double(50.5),
                "setpoint is at most 50, not 50.5"
            ),
            (holding(.uint16), .int64(65536), "65536 does not fit setpoint"),
            (holding(.uint16), .string("warm"), "setpoint is a number, not `warm`"),
            (holding(.uint16), .string("nan"), "setpoint is a number, not `nan`"),
            (coil(), .int64(2), "lamp is a switch: true or false, not 2"),
            (coil(), .string("dim"), "lamp is a switch: true or false, not `dim`"),
            (coil(nil), .bool(true), "lamp is not writable; set `writable: true` there"),
        ]
        for (register, value, message) in refused {
            let scene = self.scene(register)
            #expect(await failure(of: value, on: scene)?.description == message)
            #expect(await operations(scene).isEmpty)
        }
    }

    private func failure(of value: Value, on scene: Scene) async -> DriverError? {
        do throws(DriverError) {
            _ = try await scene.write(value)
            return nil
        } catch {
            return error
        }
    }
}
