import Testing

@testable import Drivers

/// Numbers as the kernel writes them.
@Suite struct SensorNumberTests {
    /// Forms of drivers/iio/industrialio-core.c, __iio_format_value, and integers of hwmon.
    @Test(arguments: [
        ("23500", 23500.0), ("-40000", -40000), ("0", 0), ("0.062500000", 0.0625),
        ("-0.500000", -0.5), ("733.000013", 733.000013), ("0.000001344", 0.000001344),
        ("144115188075855872", 144_115_188_075_855_872),
    ])
    func readsWhatTheKernelWrites(text: String, value: Double) {
        #expect(SensorNumber(text)?.double == value)
    }

    /// Lists, decibels, hexadecimal numbers, and what no number fits.
    @Test(arguments: [
        "", "-", ".", "1.", ".5", "+1", "--1", "1 2", "1.5 dB", "0x10", "1e3", "nan", "1.2.3",
        "1234567890123456789", "0.1234567890123456789", "２", "12\n",
    ])
    func anythingElseIsNone(text: String) {
        #expect(SensorNumber(text) == nil)
    }

    @Test func isExactWhereDoublesAreNot() throws {
        let raw = try #require(SensorNumber("57"))
        let scale = try #require(SensorNumber("0.01"))
        #expect(raw.times(scale)?.double == 0.57)
        #expect(57 * 0.01 != 0.57)
        let (tenth, fifth) = (try #require(SensorNumber("0.1")), try #require(SensorNumber("0.2")))
        #expect(tenth.plus(fifth)?.double == 0.3)
    }

    @Test func whatHasTooManyDigitsIsNil() {
        var number = SensorNumber("999999999999999999")
        for _ in 0..<3 { number = number.flatMap { $0.times(SensorNumber(999_999_999_999)) } }
        #expect(number == nil)
        #expect(SensorNumber(.max).plus(SensorNumber(1)) == nil)
        #expect(SensorNumber(.max).plus(SensorNumber(1, decimals: 1)) == nil)
        #expect(SensorNumber(1, decimals: 20).times(SensorNumber(1, decimals: 20)) == nil)
    }
}
