import Buses
import Glibc
import LinuxBuses
import TestSupport
import Testing

extension LabTests {
    /// The GPIO bank against the kernel's simulated chip.
    @Suite(.serialized) struct LinuxGPIOBankTests {
        private struct Field: GPIOField {
            let lab: Lab
            let bank: any GPIOBank = LinuxGPIOBank(name: "gpio")

            func pull(_ line: String, up isUp: Bool) throws { try lab.pull(line, up: isUp) }
            func isHigh(_ line: String) throws -> Bool { try lab.isHigh(line) }
        }

        private let field: Field
        private let door = GPIOLine(.name("door"), .input(.both, debounce: .zero))

        init() throws {
            field = Field(lab: try Lab())
        }

        @Test func keepsThePromisesOfEveryBank() async {
            let failures = await GPIOConformance.failures(of: field)
            #expect(failures == [])
        }

        @Test func aLineIsFoundByChipAndOffsetToo() async throws {
            try field.pull("door", up: true)
            let chip = GPIOLine(
                .offset(chip: "gpiochip0", 0), .input(.both, debounce: .zero))
            #expect(try await field.bank.level(of: chip))
            await field.bank.close()
            let beyond = GPIOLine(
                .offset(chip: "gpiochip0", 99), .input(.both, debounce: .zero))
            let message = await message { () throws(BusError) in
                try await field.bank.level(of: beyond)
            }
            #expect(
                message.hasPrefix("there is no GPIO line gpiochip0:99: the chip's are 0 to 5"))
            await field.bank.close()
        }

        @Test func aLineThatAnotherProgramHasIsNamed() async throws {
            let holder = TestProcess(["gpiomon", "--line-buffered", "gpiochip0", "0"])
            try await holder.start()
            try await field.lab.hasTaken("gpiomon")
            let message = await message { () throws(BusError) in
                try await field.bank.level(of: door)
            }
            #expect(message.hasPrefix("the GPIO line door cannot be had: gpiomon has it"))
            _ = try await holder.end(SIGTERM)
            await field.bank.close()
            _ = try await field.bank.level(of: door)
            await field.bank.close()
        }

        /// The kernel's queue of this interface holds 16 edges and drops what comes behind.
        @Test func aQueueThatRanOverSaysSo() async throws {
            _ = try await field.bank.level(of: door)
            for index in 0..<2000 { try field.pull("door", up: index.isMultiple(of: 2)) }
            var (count, isLossKnown) = (0, false)
            while true {
                let report = try await field.bank.edges(of: door)
                if report.edges.isEmpty { break }
                count += report.edges.count
                isLossKnown = isLossKnown || report.loss != .none
            }
            #expect(count < 2000)
            #expect(isLossKnown)
            await field.bank.close()
        }

        private func message<Success>(
            _ body: () async throws(BusError) -> Success
        ) async -> String {
            do throws(BusError) {
                _ = try await body()
                return "no failure"
            } catch {
                return error.message
            }
        }
    }
}
