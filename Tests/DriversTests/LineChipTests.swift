import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Chips with lines in memory; the lab has an MCP23017 on the kernel's bus (LabTests).
@Suite struct LineChipTests {
    /// A chip and its driver on a clock that stands still.
    private actor Scene<Chip: LineChip> {
        let bus: ScriptedI2CBus
        let clock = ManualClock()
        let address: UInt8
        private let driver: LineChipDriver<Chip>
        private let sink: SampleCollector

        nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

        init(_ chip: ScriptedI2CBus.Chip, _ lines: [ChipLine]) {
            address = Chip.addresses[0]
            bus = ScriptedI2CBus([address: chip])
            let clock = clock
            sink = SampleCollector { clock.now() }
            driver = LineChipDriver(
                bus: bus, address: address, scan: .milliseconds(50), lines: lines)
            driver.arrange(groups: [Array(lines.indices)])
        }

        func poll() async -> [Sample] {
            await samples { await driver.poll(group: 0, into: sink) }
        }

        func collect(after time: Duration) async -> [Sample] {
            clock.advance(by: time)
            return await samples { await driver.collect(into: sink) }
        }

        func write(_ value: Value, to channel: Int) async throws(DriverError) -> Value? {
            try await driver.write(value, to: channel, into: sink)
        }

        func registers() async -> [UInt8: [UInt8]] { await bus.chips[address]?.registers ?? [:] }

        func set(_ register: UInt8, to value: UInt8) async {
            guard var chip = await bus.chips[address] else { return }
            chip.registers[register] = [value]
            await bus.put(chip, at: address)
        }

        private func samples(_ body: () async -> Void) async -> [Sample] {
            let before = sink.samples.count
            await body()
            return Array(sink.samples[before...])
        }
    }

    /// All registers as after power came (DS20001952C, table 3-1); outputs show at the pins.
    private static var powered: ScriptedI2CBus.Chip {
        var chip = ScriptedI2CBus.Chip()
        for register in UInt8(0)..<22 { chip.registers[register] = [register < 2 ? 0xFF : 0] }
        chip.echoes = [0x14: 0x12, 0x15: 0x13]
        return chip
    }

    private static func input(
        _ name: String, _ bit: Int, debounce: Duration = .zero, activeLow: Bool = false
    ) -> ChipLine {
        ChipLine(
            name: name, mask: 1 << UInt16(bit), isActiveLow: activeLow, debounce: debounce,
            isPulledUp: activeLow)
    }

    private static func output(_ name: String, _ bit: Int, initial: Bool? = nil) -> ChipLine {
        ChipLine(
            name: name, mask: 1 << UInt16(bit), isActiveLow: false, debounce: .zero,
            output: OutputRules(), initial: initial, isPulledUp: false)
    }

    @Test func theExpanderIsSetUpAndRead() async {
        let scene = Scene<MCP23017>(
            Self.powered, [Self.input("door", 0, activeLow: true), Self.output("lamp", 15)])
        let samples = await scene.poll()
        #expect(samples.map(\.value) == [.bool(true), .bool(false)])
        let registers = await scene.registers()
        #expect(registers[0x00] == [0xFF] && registers[0x01] == [0x7F])
        #expect(registers[0x0C] == [0x01] && registers[0x0D] == [0x00])
        await scene.set(0x12, to: 0x01)
        let changes = await scene.collect(after: .milliseconds(50))
        #expect(changes.map(\.value) == [.bool(false)])
        #expect(await scene.collect(after: .milliseconds(50)) == [])
    }

    @Test func aBounceBetweenTwoLooksIsNoChange() async {
        let scene = Scene<MCP23017>(
            Self.powered, [Self.input("door", 3, debounce: .milliseconds(100))])
        _ = await scene.poll()
        let start = scene.clock.now()
        await scene.set(0x12, to: 8)
        #expect(await scene.collect(after: .milliseconds(50)) == [])
        await scene.set(0x12, to: 0)
        #expect(await scene.collect(after: .milliseconds(50)) == [])
        await scene.set(0x12, to: 8)
        #expect(await scene.collect(after: .milliseconds(50)) == [])
        #expect(await scene.collect(after: .milliseconds(50)) == [])
        let change = await scene.collect(after: .milliseconds(50))
        #expect(change.map(\.value) == [.bool(true)])
        #expect(change.first?.instant == start + .milliseconds(150))
    }

    @Test func outputsAreDrivenReadBackAndKeptOverALossOfPower() async throws {
        let scene = Scene<MCP23017>(
            Self.powered, [Self.output("relay", 1), Self.output("lamp", 9, initial: true)])
        #expect(await scene.poll().map(\.value) == [.bool(false), .bool(true)])
        #expect(try await scene.write(.string("on"), to: 0) == .bool(true))
        #expect(await scene.registers()[0x14] == [0x02])
        await scene.bus.put(Self.powered, at: 0x20)
        #expect(await scene.poll().map(\.value) == [.bool(true), .bool(true)])
        let registers = await scene.registers()
        #expect(registers[0x00] == [0xFD] && registers[0x14] == [0x02] && registers[0x15] == [0x02])
    }

    /// After power came an output is an input; an active-low one must not be switched on by that.
    @Test func anOutputThatNobodyDrivesBeginsInactive() async {
        var lamp = Self.output("lamp", 0)
        lamp.isActiveLow = true
        let scene = Scene<MCP23017>(Self.powered, [lamp])
        #expect(await scene.poll().map(\.value) == [.bool(false)])
        #expect(await scene.registers()[0x14] == [0x01])
    }

    @Test func aWriteThatFailsIsNotDoneLater() async {
        let scene = Scene<MCP23017>(Self.powered, [Self.output("relay", 1)])
        _ = await scene.poll()
        await scene.bus.failAfter(1, BusError(.timeout, "no acknowledgement"))
        await #expect(throws: DriverError.self) { try await scene.write(.bool(true), to: 0) }
        #expect(await scene.poll().map(\.value) == [.bool(false)])
        #expect(await scene.registers()[0x14] == [0x00])
    }

    @Test func aPinThatSomethingElseHoldsIsNotTaken() async {
        var chip = Self.powered
        chip.echoes = [:]
        let scene = Scene<MCP23017>(chip, [Self.output("relay", 1)])
        await #expect(throws: DriverError.self) { try await scene.write(.bool(true), to: 0) }
    }

    @Test func aChipThatIsAwayIsBadOnceAndGoodAgain() async {
        let scene = Scene<MCP23017>(Self.powered, [Self.input("a", 0), Self.output("b", 1)])
        _ = await scene.poll()
        await scene.bus.put(nil, at: 0x20)
        #expect(
            await scene.collect(after: .milliseconds(50)).map(\.quality) == [.timeout, .timeout])
        let asked = await scene.bus.transactions.count
        #expect(await scene.collect(after: .milliseconds(500)) == [])
        #expect(await scene.bus.transactions.count == asked)
        await scene.bus.put(Self.powered, at: 0x20)
        #expect(
            await scene.collect(after: .milliseconds(500)).map(\.value)
                == [.bool(false), .bool(false)])
    }

    /// A PCF8574 answers with its pins to any read, and takes any byte as its outputs.
    @Test func theQuasiBidirectionalChipKeepsItsInputsHigh() async throws {
        let scene = Scene<PCF8574>(
            ScriptedI2CBus.Chip(), [Self.input("door", 0), Self.output("lamp", 7, initial: false)])
        #expect(await scene.poll().map(\.quality) == [.good, .good])
        #expect(
            await scene.bus.transactions.map(\.written).filter { !$0.isEmpty } == [[0x7F]])
    }

    @Test(
        arguments: [
            ([0x45, 0x30, 0x12, 0x04, 0x26, 0x11, 0x26], Int64(1_795_696_245)),
            // 12:59:59 in the morning of 1 January 2000 with twelve hours, and one second before midnight.
            ([0x59, 0x59, 0x52, 0x07, 0x01, 0x01, 0x00], 946_688_399),
            ([0x59, 0x59, 0x71, 0x07, 0x01, 0x01, 0x00], 946_771_199),
            ([0x00, 0x00, 0x00, 0x01, 0x01, 0x83, 0x00], 4_107_542_400),
            ([0x60, 0x00, 0x00, 0x01, 0x01, 0x01, 0x00], nil),
            ([0x00, 0x00, 0x00, 0x01, 0x29, 0x02, 0x24], 1_709_164_800),
            ([0x00, 0x00, 0x00, 0x01, 0x29, 0x02, 0x26], nil),
            ([0x00, 0x00, 0xD2, 0x01, 0x01, 0x01, 0x00], nil),
            ([0x00, 0x00, 0x24, 0x01, 0x01, 0x01, 0x00], nil),
            ([0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00], nil),
            ([0x00, 0x0A, 0x00, 0x01, 0x01, 0x01, 0x00], nil),
        ] as [([UInt8], Int64?)])
    func theClocksTimeIsReadAsItIs(bytes: [UInt8], seconds: Int64?) {
        #expect(DS3231.seconds(bytes) == seconds)
    }
}
