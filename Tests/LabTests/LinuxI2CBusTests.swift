import Buses
import LinuxBuses
import TestSupport
import Testing

extension LabTests {
    /// The I2C bus against the kernel's own simulated chips, which speak SMBus only.
    @Suite(.serialized) struct LinuxI2CBusTests {
        private static let chip: UInt8 = 0x48
        private let lab: Lab
        private let bus: LinuxI2CBus

        init() throws {
            lab = try Lab()
            bus = LinuxI2CBus(
                line: I2CLine(name: "i2c", path: Lab.adapter, timeout: .milliseconds(100)))
        }

        private struct Field: I2CField {
            let lab: Lab
            let bus: any I2CBus

            func set(_ register: UInt8, of address: UInt8, to bytes: [UInt8]) async throws {
                if bytes.count == 1 {
                    try await lab.set(register, of: address, toByte: bytes[0])
                } else {
                    try await lab.set(
                        register, of: address, to: UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
                }
            }
        }

        @Test func theDriversSayWhatTheKernelsChipsHold() async throws {
            try await lab.unplug()
            try await lab.plug(I2CConformance.addresses)
            let failures = try await I2CConformance.failures(of: Field(lab: lab, bus: bus))
            #expect(failures == [])
            try await lab.unplug()
            try await lab.plug()
        }

        @Test func readsWhatAnotherProgramWrote() async throws {
            try await lab.set(5, of: Self.chip, to: 0x1980)
            #expect(try await bus.word(5, of: Self.chip) == 0x1980)
            #expect(try await bus.read(1, from: 5, of: Self.chip) == [0x19])
        }

        @Test func anotherProgramReadsWhatItWrote() async throws {
            try await bus.write(word: 0xBEEF, to: 6, of: Self.chip)
            #expect(try await lab.word(6, of: Self.chip) == 0xBEEF)
        }

        @Test func blocksGoThroughWhole() async throws {
            let block = (0..<32).map { UInt8($0 * 7 & 0xFF) }
            try await bus.write([0x20] + block, to: Self.chip)
            #expect(try await bus.read(32, from: 0x20, of: Self.chip) == block)
            #expect(try await bus.read(26, from: 0x23, of: Self.chip) == Array(block[3..<29]))
        }

        @Test func aChipThatIsNotThereDoesNotAcknowledge() async throws {
            let error = await failure { () throws(BusError) in try await bus.word(0, of: 0x33) }
            #expect(error?.code == .timeout)
            #expect(
                error?.message
                    == "i2c: device 0x33 on /dev/i2c-0 does not acknowledge; is it wired "
                    + "and powered, is the address right?")
            #expect(try await bus.read(1, from: 5, of: Self.chip).count == 1)
        }

        @Test func whatTheAdapterCannotDoIsSaid() async throws {
            let transaction = I2CTransaction(
                address: Self.chip, writing: [0x24, 0x00], reading: 6)
            let error = await failure { () throws(BusError) in try await bus.transfer(transaction) }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("speaks SMBus only") == true)
        }

        @Test func aChipOfTheKernelIsLeftAlone() async throws {
            try await lab.bind("lm75", to: 0x49)
            let error = await failure { () throws(BusError) in try await bus.word(0, of: 0x49) }
            try await lab.bind(nil, to: 0x49)
            #expect(error?.code == .system)
            #expect(error?.message.contains("belongs to a driver of the kernel") == true)
            #expect(try await bus.word(0, of: 0x49) == 0)
        }

        @Test func anAdapterThatIsPulledOutAndPutInIsFoundAgain() async throws {
            _ = try await bus.word(0, of: Self.chip)
            await bus.close()
            try await lab.unplug()
            let error = await failure { () throws(BusError) in try await bus.word(0, of: Self.chip)
            }
            #expect(error?.code == .disconnected)
            try await lab.plug()
            #expect(try await bus.word(0, of: Self.chip) == 0)
        }

        private func failure<Value: Sendable>(
            of transfer: () async throws(BusError) -> Value
        ) async -> BusError? {
            do throws(BusError) {
                _ = try await transfer()
                return nil
            } catch {
                return error
            }
        }
    }
}
