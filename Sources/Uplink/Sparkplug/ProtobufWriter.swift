/// Writes Protocol Buffers' wire format into an array that it keeps
/// (protobuf.dev, "Encoding"): fields in rising order, as every serializer writes them.
struct ProtobufWriter: Sendable {
    private var storage: [UInt8]
    /// How many bytes have been written.
    private(set) var count = 0

    init(capacity: Int) {
        storage = [UInt8](repeating: 0, count: max(16, capacity))
    }

    /// What has been written.
    var bytes: ArraySlice<UInt8> { storage[..<count] }

    /// Begins anew and keeps the memory.
    mutating func removeAll() { count = 0 }

    private mutating func reserve(_ extra: Int) {
        let needed = count + extra
        if needed > storage.count {
            storage += [UInt8](repeating: 0, count: max(needed, storage.count * 2) - storage.count)
        }
    }

    // MARK: Fields

    /// A whole number, also one of fewer bits, an enumeration or a bool.
    mutating func field(_ number: UInt8, varint value: UInt64) {
        reserve(11)
        put(number << 3)
        put(varint: value)
    }

    /// A double.
    mutating func field(_ number: UInt8, fixed64 bits: UInt64) {
        reserve(9)
        put(number << 3 | 1)
        for shift: UInt64 in [0, 8, 16, 24, 32, 40, 48, 56] {
            put(UInt8(truncatingIfNeeded: bits &>> shift))
        }
    }

    /// A string, or bytes.
    mutating func field(_ number: UInt8, bytes: some Collection<UInt8>) {
        reserve(11 + bytes.count)
        put(number << 3 | 2)
        put(varint: UInt64(bytes.count))
        for byte in bytes { put(byte) }
    }

    /// A string.
    mutating func field(_ number: UInt8, _ text: String) {
        field(number, bytes: text.utf8)
    }

    /// A message, whose fields `write` writes. Its length stands before it: one byte is left for
    /// it, and those of a longer message are moved.
    mutating func field(_ number: UInt8, _ write: (inout ProtobufWriter) -> Void) {
        reserve(2)
        put(number << 3 | 2)
        let place = count
        put(0)
        write(&self)
        close(place)
    }

    /// Begins a message; returns where `end` finds it.
    mutating func begin(_ number: UInt8) -> Int {
        reserve(2)
        put(number << 3 | 2)
        put(0)
        return count - 1
    }

    /// Ends the message begun last.
    mutating func end(_ place: Int) { close(place) }

    private mutating func close(_ place: Int) {
        let length = count - place - 1
        guard length >= 0x80 else {
            storage[place] = UInt8(length)
            return
        }
        let more = ProtobufWriter.size(ofVarint: UInt64(length)) - 1
        reserve(more)
        storage.withUnsafeMutableBytes {
            let content = UnsafeRawBufferPointer(rebasing: $0[(place + 1)..<count])
            UnsafeMutableRawBufferPointer(rebasing: $0[(place + 1 + more)...])
                .copyMemory(from: content)
        }
        let end = count + more
        count = place
        put(varint: UInt64(length))
        count = end
    }

    // MARK: Bytes

    /// There is room already.
    private mutating func put(_ byte: UInt8) {
        storage[count] = byte
        count &+= 1
    }

    /// There is room for ten bytes.
    private mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    /// How many bytes a whole number takes, 1 to 10.
    static func size(ofVarint value: UInt64) -> Int {
        (70 - (value | 1).leadingZeroBitCount) / 7
    }
}
