import TestSupport
import Testing

@testable import Uplink

/// Examples of RFC 8949 appendix A, and what is shortest.
@Suite struct CBORWriterTests {
    private func hex(_ write: (inout CBORWriter) -> Void) -> String {
        var cbor = CBORWriter()
        write(&cbor)
        return cbor.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(
        arguments: [
            (0, "00"), (10, "0a"), (23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"),
            (1_000_000, "1a000f4240"), (1_000_000_000_000, "1b000000e8d4a51000"), (-1, "20"),
            (-10, "29"), (-100, "3863"), (-1000, "3903e7"), (.min, "3b7fffffffffffffff"),
        ] as [(Int64, String)])
    func integersAreAsInTheStandard(value: Int64, expected: String) {
        #expect(hex { $0.append(value) } == expected)
    }

    @Test(arguments: [
        (0.0, "00"), (-0.0, "f98000"), (1, "01"), (1.5, "f93e00"), (65504, "19ffe0"),
        (100_000, "1a000186a0"), (0.00006103515625, "f90400"), (-4, "23"),
        (3.4028234663852886e+38, "fa7f7fffff"), (1e300, "fb7e37e43c8800759c"),
        (-4.1, "c482203828"), (230.1, "c482201908fd"), (49.98, "c48221191386"),
        (0.1 + 0.2, "fb3fd3333333333334"), (123_456_789.123, "fb419d6f34547df3b6"),
        (5.960464477539063e-8, "fa33800000"), (.leastNonzeroMagnitude, "fb0000000000000001"),
    ])
    func doublesAreTheShortestThatIsExact(value: Double, expected: String) {
        #expect(hex { $0.append(value) } == expected)
    }

    @Test(
        arguments: [
            (0, "00"), (1_700_000_000_000_000, "1a6553f100"), (10_000, "c4822101"),
            (-1_500_000, "c482202e"), (1_700_000_000_250_000, "fb41d954fc40100000"),
        ] as [(Int64, String)])
    func timesAreSeconds(microseconds: Int64, expected: String) {
        #expect(hex { $0.append(microseconds: microseconds) } == expected)
    }

    @Test func textsArraysAndMapsHaveTheirLength() {
        #expect(hex { $0.append(text: "IETF") } == "6449455446")
        #expect(hex { $0.append(text: "\u{6c34}") } == "63e6b0b4")
        #expect(hex { $0.beginArray(25) } == "9819")
        #expect(hex { $0.beginMap(2) } == "a2")
        #expect(hex { $0.append(true) } + hex { $0.append(false) } == "f5f4")
    }
}
