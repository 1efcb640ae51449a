import Buses
import Drivers
import TestSupport
import Testing

/// What chips that answer on an I2C bus may be.
@Suite struct I2CRecognitionTests {
    private typealias Chip = ScriptedI2CBus.Chip

    private func knowledge(_ chip: ScriptedI2CBus.Chip, at address: UInt8) async
        -> I2CFinding.Knowledge
    {
        let bus = ScriptedI2CBus([address: chip])
        return await I2CRecognition().recognize(address, on: bus).knowledge
    }

    @Test(arguments: [0x60, 0x58] as [UInt8]) func bme280IsToldByItsRegister(_ identity: UInt8)
        async
    {
        #expect(
            await knowledge(Chip([0xD0: [identity]]), at: 0x76) == .driver("bme280"))
    }

    @Test func somethingElseAtItsAddressIsNot() async {
        #expect(await knowledge(Chip([0xD0: [0x61]]), at: 0x76) == .perhaps([]))
        #expect(await knowledge(Chip(), at: 0x77) == .perhaps([]))
    }

    @Test func ina226IsToldByBothRegisters() async {
        let whole = Chip([0xFF: [0x22, 0x60], 0xFE: [0x54, 0x49]])
        #expect(await knowledge(whole, at: 0x40) == .driver("ina226"))
        let other = Chip([0xFF: [0x22, 0x60], 0xFE: [0x54, 0x48]])
        #expect(await knowledge(other, at: 0x40) == .perhaps(["ina219"]))
    }

    /// To others 0xFE is a command; it is not sent to them.
    @Test func nothingIsWrittenButRegistersOfTheDataSheet() async {
        let bus = ScriptedI2CBus([0x40: Chip([0xFF: [0, 0]])])
        _ = await I2CRecognition().recognize(0x40, on: bus)
        #expect(
            await bus.transactions == [
                I2CTransaction(address: 0x40, writing: [0xFF], reading: 2)
            ])
    }

    @Test func theUsualAddressGoesFirst() async {
        #expect(
            await knowledge(Chip(), at: 0x48)
                == .perhaps(["lm75", "tmp102", "ads1115", "ina219"]))
        #expect(await knowledge(Chip(), at: 0x44) == .perhaps(["sht3x", "sht4x", "ina219"]))
        #expect(await knowledge(Chip(), at: 0x10) == .perhaps([]))
    }

    @Test func whatIsNoConfigurationIsAComment() {
        var bus = I2CScanned(bus: "i2c-1", path: "/dev/i2c-1", title: "an adapter")
        #expect(I2CProposal([bus]).text == "# /dev/i2c-1  an adapter\n#   no chip answers")
        bus.findings = [
            I2CFinding(address: 0x49, .kernel("lm75")), I2CFinding(address: 0x50, .perhaps([])),
        ]
        (bus.skipped, bus.failure) = (3, "the bus is\nheld")
        #expect(
            I2CProposal([bus]).text == """
                # /dev/i2c-1  an adapter
                #   0x49  lm75: a driver of the kernel has it; read it with `driver: hwmon`
                #   0x50  perhaps a memory (24C02 and its kind)
                #   3 addresses: the adapter cannot ask them without harm
                #   the bus is held
                """)
    }

    @Test func everyAddressIsAskedAndTold() async {
        let bus = ScriptedI2CBus([0x76: Chip([0xD0: [0x60]])])
        let scan = I2CBusScan(
            bus: bus,
            probe: { address throws(BusError) in
                switch address {
                case 0x76: .answers
                case 0x49: .ofTheKernel
                case 0x30...0x37: .unknown
                default: .absent
                }
            }, kernelChip: { _ in "lm75" })
        let scanned = await scan.run(I2CScanned(bus: "i2c-1", path: "/dev/i2c-1"))
        #expect(
            scanned.findings == [
                I2CFinding(address: 0x49, .kernel("lm75")),
                I2CFinding(address: 0x76, .driver("bme280")),
            ])
        #expect(scanned.skipped == 8)
        #expect(scanned.failure == nil)
    }

    /// A bus that is held costs three time-outs, not one for each of 112 addresses.
    @Test func aBusThatIsHeldIsGivenUp() async {
        let asked = AskedAddresses()
        let scan = I2CBusScan(
            bus: ScriptedI2CBus(),
            probe: { address throws(BusError) in
                await asked.add(address)
                if address == 0x0A { return .absent }
                throw BusError(.timeout, "held")
            }, kernelChip: { _ in nil })
        let scanned = await scan.run(I2CScanned(bus: "i2c-1", path: "/dev/i2c-1"))
        #expect(scanned.failure == "held")
        #expect(await asked.addresses == Array(0x08...0x0D))
    }

    private actor AskedAddresses {
        private(set) var addresses: [UInt8] = []
        func add(_ address: UInt8) { addresses.append(address) }
    }

    /// The same chip on two buses has two names.
    @Test func devicesOfTwoBusesAreToldApart() {
        let buses = ["i2c-1", "i2c-2"].map { name in
            var bus = I2CScanned(bus: name, path: "/dev/\(name)")
            bus.findings = [I2CFinding(address: 0x76, .driver("bme280"))]
            return bus
        }
        let text = I2CProposal(buses).text
        #expect(text.contains("  bme280-i2c-1-76:\n    driver: bme280\n    bus: i2c-1\n"))
        #expect(text.contains("  bme280-i2c-2-76:\n    driver: bme280\n    bus: i2c-2\n"))
    }

    @Test func pointsOfLinesHaveNamesOfTheirOwn() {
        let text = GPIOProposal([
            .init(name: "door", isOutput: false), .init(name: "my \"2\"", isOutput: true),
            .init(name: "door", isOutput: false), .init(name: "--", isOutput: false),
        ]).text
        #expect(
            text.hasSuffix(
                #"""
                devices:
                  lines:
                    driver: gpio
                    points:
                      door: {line: "door"}
                      my--2-: {line: "my \"2\"", writable: true}
                      door-2: {line: "door"}
                      line: {line: "--"}
                """#))
    }
}
