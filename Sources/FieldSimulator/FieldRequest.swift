/// One request as a client sent it: MBAP header and PDU (Modbus Messaging on TCP/IP Implementation
/// Guide V1.0b, section 3.1.3).
struct FieldRequest {
    /// The longest ADU (section 3.1.2).
    static let longest = 260
    /// Unit id and function code follow the six bytes before.
    private static let lengthEnd = 6

    /// The whole ADU.
    let bytes: [UInt8]

    /// Takes the first whole request from the front of what a client has sent; nil if it is not
    /// all there.
    ///
    /// - Throws: `NotModbus` if these bytes cannot start one.
    init?(takingFrom buffer: inout [UInt8]) throws(NotModbus) {
        guard buffer.count >= Self.lengthEnd else { return nil }
        let length = Int(buffer[4]) << 8 | Int(buffer[5])
        guard buffer[2] == 0, buffer[3] == 0, (2...Self.longest - Self.lengthEnd).contains(length)
        else { throw NotModbus() }
        let end = Self.lengthEnd + length
        guard buffer.count >= end else { return nil }
        bytes = Array(buffer[..<end])
        buffer.removeFirst(end)
    }

    /// The bytes are not Modbus TCP.
    struct NotModbus: Error {}

    var unit: UInt8 { bytes[6] }
    var function: UInt8 { bytes[7] }

    /// Whether it is as long as its function code asks (Modbus Application Protocol V1.1b3,
    /// section 6); libmodbus answers from what it has, whether all of it was sent or not.
    var isWhole: Bool {
        switch function {
        case 1...6: bytes.count == 12
        case 15, 16: bytes.count > 12 && bytes.count == 13 + Int(bytes[12])
        case 22: bytes.count == 14
        case 23: bytes.count > 16 && bytes.count == 17 + Int(bytes[16])
        default: false
        }
    }

    /// Whether it is a function that the simulator knows.
    var isKnown: Bool {
        [1, 2, 3, 4, 5, 6, 15, 16, 22, 23].contains(function)
    }

    /// The registers that it reads.
    var reads: Range<Int>? {
        [3, 4, 23].contains(function) ? range(at: 8) : nil
    }

    /// The holding registers that it writes.
    var writes: Range<Int>? {
        switch function {
        case 6, 22: range(at: 8, count: 1)
        case 16: range(at: 8)
        case 23: range(at: 12)
        default: nil
        }
    }

    private func range(at offset: Int, count: Int? = nil) -> Range<Int> {
        let address = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
        let count = count ?? Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
        return address..<address + count
    }
}
