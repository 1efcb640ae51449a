import TestSupport
import Testing

@testable import Uplink

@Suite struct JSONWriterTests {
    private func text(_ write: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter(capacity: 1)
        write(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    // MARK: Numbers

    @Test(arguments: [
        (0.0, "0"), (1, "1"), (-1, "-1"), (230.1, "230.1"), (0.1, "0.1"), (49.98, "49.98"),
        (-0.000001, "-0.000001"), (0.000123, "0.000123"), (0.0000005, "5e-07"),
        (999_999_999.5, "999999999.5"), (1e9, "1000000000.0"), (1e300, "1e+300"),
        (.leastNonzeroMagnitude, "5e-324"),
    ])
    func doubleIsWrittenShort(value: Double, expected: String) {
        #expect(text { $0.append(value) } == expected)
    }

    @Test(arguments: [
        -0.0, 1e-7, 123_456_789.123, 1e15, 1e16, 1e21, -.leastNonzeroMagnitude,
        .greatestFiniteMagnitude, 999_999_999.9999999, 0.1 + 0.2,
    ])
    func doubleReadsBackAsTheSame(value: Double) {
        let written = text { $0.append(value) }
        #expect(Double(written)?.bitPattern == value.bitPattern, "\(written)")
    }

    /// Measured values with up to six places, and any other bit pattern.
    @Test(arguments: 0..<10)
    func whateverDoubleItIsReadsBackAsTheSame(seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        for _ in 0..<2_000 {
            let places = Double([1, 10, 1000, 1_000_000].randomElement(using: &generator) ?? 1)
            let decimal = (Double.random(in: -2e9...2e9, using: &generator) * places).rounded()
            let anything = Double(bitPattern: .random(in: 0 ... .max, using: &generator))
            for value in [decimal / places, anything] where value.isFinite {
                let written = text { $0.append(value) }
                try #require(Double(written)?.bitPattern == value.bitPattern, "\(written)")
            }
        }
    }

    @Test(arguments: [Int64.min, -1_000, -1, 0, 1, 9, 10, 99, 100, 12_345, .max])
    func signedIntegersAreExact(value: Int64) {
        #expect(text { $0.append(value) } == String(value))
    }

    /// Every number of digits, at both its ends.
    @Test func unsignedIntegersAreExact() {
        var (power, overflow) = (UInt64(1), false)
        while !overflow {
            for value in [power - 1, power, power + 1] {
                #expect(text { $0.append(value) } == String(value))
            }
            (power, overflow) = power.multipliedReportingOverflow(by: 10)
        }
        #expect(text { $0.append(UInt64.max) } == String(UInt64.max))
    }

    @Test(arguments: [
        (Int64(0), "0"), (1, "0.000001"), (-1, "-0.000001"), (1_000_000, "1"),
        (-1_500_000, "-1.5"), (10_010, "0.01001"), (1_700_000_000_250_000, "1700000000.25"),
        (.min, "-9223372036854.775808"),
    ])
    func fractionsHaveNoTrailingZeros(numerator: Int64, expected: String) {
        #expect(text { $0.append(numerator, places: 6) } == expected)
    }

    // MARK: Strings

    @Test func stringIsEscapedAsTheStandardWants() {
        #expect(text { $0.append(string: "a\"b\\c/d") } == #""a\"b\\c/d""#)
        #expect(text { $0.append(string: "\n\t\0\u{1F}") } == #""\u000a\u0009\u0000\u001f""#)
        #expect(text { $0.append(string: "Überdruck 😀 \u{7F}") } == "\"Überdruck 😀 \u{7F}\"")
    }

    @Test func everyControlCharacterIsEscaped() {
        for code in UInt8(0)..<0x20 {
            let written = text { $0.appendEscaped(String(UnicodeScalar(code))) }
            #expect(written.count == 6)
            #expect(UInt8(written.suffix(4), radix: 16) == code)
        }
    }

    // MARK: The buffer

    @Test func bufferGrowsAndIsCutBack() {
        var json = JSONWriter(capacity: 0)
        for _ in 0..<1000 { json.append("0123456789") }
        #expect(json.count == 10_000)
        #expect(json.bytes.count == 10_000)
        json.truncate(to: 3)
        json.append(UInt8(ascii: "x"))
        #expect(String(decoding: json.bytes, as: UTF8.self) == "012x")
        json.truncate(to: 100)
        #expect(json.count == 4)
    }
}
