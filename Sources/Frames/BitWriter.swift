/// Writes numbers of any width up to 64 bits, the lowest bit first.
struct BitWriter {
    /// A place to go back to.
    struct Mark {
        fileprivate var count = 0
        fileprivate var pending: UInt64 = 0
        fileprivate var filled = 0
    }

    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var filled = 0

    /// The present place.
    var mark: Mark { Mark(count: bytes.count, pending: pending, filled: filled) }

    /// Forgets what was written since a mark; all of it by default. Keeps the memory.
    mutating func rewind(to mark: Mark = Mark()) {
        bytes.removeLast(bytes.count - mark.count)
        (pending, filled) = (mark.pending, mark.filled)
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
    /// In bits.
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether all has been read but what fills the last byte.
    var isAtEnd: Bool { (position + 7) / 8 == bytes.count }

    /// The next number; `width` is 0 to 64.
    mutating func read(width: Int) throws(Malformed) -> UInt64 {
        guard width <= bytes.count * 8 - position else { throw Malformed() }
        let (byte, shift) = (position >> 3, UInt64(position & 7))
        position += width
        var value: UInt64
        if byte + 8 <= bytes.count {
            let word = bytes.withUnsafeBytes {
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: byte, as: UInt64.self))
            }
            value = word >> shift
            if Int(shift) + width > 64 { value |= UInt64(bytes[byte + 8]) << (64 - shift) }
        } else {
            value = bytes[byte...].reversed().reduce(0) { $0 << 8 | UInt64($1) } >> shift
        }
        if width < 64 { value &= (1 << UInt64(width)) - 1 }
        return value
    }
}
