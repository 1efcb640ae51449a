import Telemetry
import Testing

@testable import Drivers

@Suite struct RegisterTextTests {
    private func decode(
        _ words: [UInt16], _ characters: CharacterLayout = .both, order: WordOrder = .abcd
    ) -> (Value?, Quality) {
        RegisterCodec(
            type: .string, order: order, registers: words.count, characters: characters
        ).decode(words, from: 0)
    }

    @Test func endsAtNulAndLosesBlanks() {
        #expect(decode([0x4142, 0x4320, 0x2000]) == (.string("ABC"), .good))
        #expect(decode([0x2020, 0x4142, 0x0D0A]) == (.string("AB"), .good))
        #expect(decode([0x4120, 0x4200, 0x4344]) == (.string("A B"), .good))
        #expect(decode([0, 0x4142]) == (.string(""), .good))
        #expect(decode([0x2020, 0x2020]) == (.string(""), .good))
    }

    @Test func bytesComeInBothOrders() {
        #expect(decode([0x4241, 0x0043], order: .badc) == (.string("ABC"), .good))
    }

    @Test func oneCharacterARegister() {
        #expect(decode([0x0041, 0x0042, 0x0000], .low) == (.string("AB"), .good))
        #expect(decode([0x4100, 0x4200, 0x0000], .high) == (.string("AB"), .good))
    }

    @Test func utf8IsReadAndLatin1InItsStead() {
        #expect(decode([0xC2B0, 0x4300]) == (.string("°C"), .good))
        #expect(decode([0xB043]) == (.string("°C"), .good))
    }

    @Test func erasedMemoryIsNothing() {
        #expect(decode([0xFFFF, 0xFFFF]) == (nil, .notAvailable))
        #expect(decode([0x41FF, 0xFFFF]) == (.string("A"), .good))
    }

    @Test func numbersAreNoText() {
        #expect(decode([0x4101]) == (nil, .unrepresentable))
        #expect(decode([0x4180]) == (nil, .unrepresentable))
    }
}
