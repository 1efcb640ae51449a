import Telemetry

/// Writes numbers, little-endian.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    package mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func put(_ position: Position) {
        put(position.epoch)
        put(position.sequence)
    }

    package mutating func put(bytes more: some Sequence<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// Seven bits a byte, the lowest first, the top bit set on all but the last (LEB128).
    package mutating func putVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// A signed number as a varint that is short for small ones of either sign.
    package mutating func putZigzag(_ value: Int64) {
        putVarint(value.zigzag)
    }

    package mutating func put(text: String) {
        var text = text
        text.withUTF8 { utf8 in
            putVarint(UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// Removes everything behind the first `count` bytes and keeps the memory.
    package mutating func removeAll(from count: Int = 0) {
        bytes.removeLast(bytes.count - count)
    }

    /// Zeros up to `count` bytes in all.
    package mutating func pad(to count: Int) {
        if bytes.count < count {
            bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
        }
    }
}

extension Int64 {
    /// 0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ...
    var zigzag: UInt64 { UInt64(bitPattern: (self << 1) ^ (self >> 63)) }

    /// The number that `zigzag` gave.
    init(zigzag: UInt64) {
        self = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
    }
}

/// Bytes that are not what they should be: too few, or a number out of its range.
package struct Malformed: Error {
    package init() {}
}

/// Reads what `ByteWriter` wrote, from bytes that are not trusted.
package struct ByteReader {
    private let bytes: [UInt8]
    private var offset: Int
    private let end: Int

    /// Reads from `offset`, at most `count` bytes, none of them outside of the array.
    package init(_ bytes: [UInt8], at offset: Int = 0, count: Int = .max) {
        self.bytes = bytes
        self.offset = min(offset, bytes.count)
        end = self.offset + min(count, bytes.count - self.offset)
    }

    /// How many bytes are left.
    package var remaining: Int { end - offset }

    package mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(Malformed) -> T
    {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { throw Malformed() }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: T.self) }
        offset += size
        return T(littleEndian: value)
    }

    /// The next `count` bytes.
    package mutating func take(_ count: Int) throws(Malformed) -> [UInt8] {
        guard count <= remaining else { throw Malformed() }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    package mutating func readPosition() throws(Malformed) -> Position {
        Position(epoch: try read(), sequence: try read())
    }

    package mutating func readVarint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try read(UInt8.self)
            guard shift < 63 || byte <= 1 else { throw Malformed() }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    package mutating func readZigzag() throws(Malformed) -> Int64 {
        Int64(zigzag: try readVarint())
    }

    /// A varint that counts something: at most `limit`.
    package mutating func readCount(limit: Int) throws(Malformed) -> Int {
        let count = try readVarint()
        guard count <= UInt64(limit) else { throw Malformed() }
        return Int(count)
    }

    package mutating func readText() throws(Malformed) -> String {
        let count = try readCount(limit: remaining)
        // The count itself has taken a byte or more of what remained.
        guard count <= remaining else { throw Malformed() }
        defer { offset += count }
        guard let text = String(validating: bytes[offset..<offset + count], as: UTF8.self) else {
            throw Malformed()
        }
        return text
    }
}
