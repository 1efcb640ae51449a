import Buses
import Drivers
import TestSupport
import Testing

/// What a chip's address, and the chip itself, say of what it is.
@Suite struct ChipGuessTests {
    @Test func aChipThatTellsWhoItIsIsBelieved() async {
        let bus = ScriptedI2CBus([0x76: .init([0xD0: [0x60]]), 0x44: .init([0xFF: [0x22, 0x60]])])
        let bme = await ChipGuess.of(0x76, on: bus)
        #expect(bme.isCertain && bme.drivers == ["bme280"])
        let ina = await ChipGuess.of(0x44, on: bus)
        #expect(ina.isCertain && ina.drivers == ["ina226", "sht3x", "sht4x", "ina219"])
    }

    @Test func ofTheOthersTheAddressSaysWhatTheyMayBe() async {
        let bus = ScriptedI2CBus([0x68: .init(), 0x38: .init(), 0x08: .init()])
        #expect(await ChipGuess.of(0x68, on: bus).drivers == ["ds3231"])
        #expect(await ChipGuess.of(0x38, on: bus).drivers == ["pcf8574"])
        #expect(await ChipGuess.of(0x08, on: bus).drivers == [])
        // No chip is asked that could not be one that tells.
        #expect(await bus.transactions.isEmpty)
    }
}
