/// A BME280's constants (section 4.2.2, table 16) and its formulas (section 8.1).
struct BME280Calibration: Sendable {
    private var t: [Double]
    private var p: [Double]
    private var h: [Double]?

    /// The constants of registers 0x88 to 0xA1 and, where there is humidity, 0xE1 to 0xE7.
    init?(_ bytes: [UInt8], humidity: [UInt8]?) {
        guard bytes.count == 26, humidity?.count ?? 7 == 7 else { return nil }
        func word(_ index: Int) -> UInt16 { UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8 }
        func signed(_ index: Int) -> Double { Double(Int16(bitPattern: word(index))) }
        t = [Double(word(0)), signed(2), signed(4)]
        p = [Double(word(6))] + stride(from: 8, through: 22, by: 2).map(signed)
        h = humidity.map { Self.humidity(first: bytes[25], $0) }
    }

    /// H4 and H5 share a byte: H4 is 0xE4 and the lower half of 0xE5, H5 its upper half and 0xE6.
    private static func humidity(first: UInt8, _ bytes: [UInt8]) -> [Double] {
        let second = Int16(bitPattern: UInt16(bytes[0]) | UInt16(bytes[1]) << 8)
        let fourth = Int(Int8(bitPattern: bytes[3])) << 4 | Int(bytes[4] & 0xF)
        let fifth = Int(Int8(bitPattern: bytes[5])) << 4 | Int(bytes[4] >> 4)
        let sixth = Int8(bitPattern: bytes[6])
        return [
            Double(first), Double(second), Double(bytes[2]), Double(fourth), Double(fifth),
            Double(sixth),
        ]
    }

    /// The temperature in 1/5120 of a degree, which the other formulas need.
    func fineTemperature(_ raw: Int) -> Double {
        let raw = Double(raw)
        let first = (raw / 16384 - t[0] / 1024) * t[1]
        let difference = raw / 131072 - t[0] / 8192
        return first + difference * difference * t[2]
    }

    /// Degrees Celsius.
    func degrees(_ fine: Double) -> Double { fine / 5120 }

    /// Pascals; nil if the constants make no sense.
    func pascals(_ raw: Int, _ fine: Double) -> Double? {
        let half = fine / 2 - 64000
        let second = half * half * p[5] / 32768 + half * p[4] * 2
        let scaled = second / 4 + p[3] * 65536
        let first = (p[2] * half * half / 524288 + p[1] * half) / 524288
        let divisor = (1 + first / 32768) * p[0]
        guard divisor != 0 else { return nil }
        let pressure = (1_048_576 - Double(raw) - scaled / 4096) * 6250 / divisor
        let quadratic = p[8] * pressure * pressure / 2_147_483_648
        return pressure + (quadratic + pressure * p[7] / 32768 + p[6]) / 16
    }

    /// Percent of relative humidity; nil if the chip has none.
    func humidity(_ raw: Int, _ fine: Double) -> Double? {
        guard let h else { return nil }
        let base = fine - 76800
        let left = Double(raw) - (h[3] * 64 + h[4] / 16384 * base)
        let right = h[1] / 65536 * (1 + h[5] / 67_108_864 * base * (1 + h[2] / 67_108_864 * base))
        let value = left * right
        return min(max(value * (1 - h[0] * value / 524288), 0), 100)
    }
}
