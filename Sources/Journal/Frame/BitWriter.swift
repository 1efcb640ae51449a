/// Writes numbers of any width up to 64 bits, the lowest bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var filled = 0

    mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        (pending, filled) = (0, 0)
    }

    /// Adds the lowest `width` bits; the others must be zero.
    @inline(__always)
    mutating func put(_ value: UInt64, width: Int) {
        pending |= value << UInt64(filled)
        filled += width
        guard filled >= 64 else { return }
        flushWord()
        filled -= 64
        let taken = width - filled
        pending = taken < 64 ? value >> UInt64(taken) : 0
    }

    private mutating func flushWord() {
        withUnsafeBytes(of: pending.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Fills the last byte with zeros.
    mutating func finish() {
        while filled > 0 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            filled -= 8
        }
        (pending, filled) = (0, 0)
    }
}

/// Reads what `BitWriter` wrote, from bytes that are not trusted.
struct BitReader {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// Reads from a byte's place on.
    init(_ bytes: [UInt8], at offset: Int) {
        self.bytes = bytes
        position = offset * 8
        end = bytes.count * 8
    }

    /// The first byte behind what was read.
    var byteOffset: Int { (position + 7) / 8 }

    mutating func read(width: Int) throws(Malformed) -> UInt64 {
        guard width <= end - position else { throw Malformed() }
        var value: UInt64 = 0
        var done = 0
        while done < width {
            let shift = position & 7
            let count = min(8 - shift, width - done)
            let part = UInt64(bytes[position >> 3] >> UInt8(shift)) & ((1 << UInt64(count)) - 1)
            value |= part << UInt64(done)
            done += count
            position += count
        }
        return value
    }
}
