import Buses

/// A frame of Modbus RTU: unit id, function code, data and a checksum of two bytes, low byte first
/// (Modbus over Serial Line V1.02, section 2.5.1).
enum RTUFrame {
    /// The longest frame, in bytes.
    static let longest = 256
    /// The shortest: a refusal.
    static let shortest = 5
    /// An answer's function code has this bit if the device refused.
    static let refusal: UInt8 = 0x80

    /// Appends the request, which must have no flaw, with its checksum.
    static func append(_ request: ModbusRequest, to bytes: inout [UInt8]) {
        ModbusFrame.append(request, to: &bytes)
        let sum = checksum(bytes[...])
        bytes.append(UInt8(truncatingIfNeeded: sum))
        bytes.append(UInt8(sum >> 8))
    }

    /// How long the answer is that begins with these bytes, by what it says itself: nil if there
    /// are fewer than three, or if no answer begins so.
    static func length(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.count >= 3 else { return nil }
        let start = bytes.startIndex
        let function = bytes[start + 1]
        if function & refusal != 0 { return shortest }
        switch function {
        case 1...4: return shortest + Int(bytes[start + 2])
        case 5, 6, 15, 16: return 8
        case 43: return identificationLength(Array(bytes.prefix(longest)))
        default: return nil
        }
    }

    /// An identification's length is that of its objects, each with its own: as long as some are
    /// missing, the least that it can be.
    private static func identificationLength(_ bytes: [UInt8]) -> Int? {
        let (head, checksum) = (8, 2)
        guard bytes.count >= head else { return head + checksum }
        var end = head
        for index in 0..<Int(bytes[7]) {
            guard bytes.count >= end + 2 else {
                end += 2 * (Int(bytes[7]) - index)
                break
            }
            end += 2 + Int(bytes[end + 1])
        }
        return end + checksum <= longest ? end + checksum : nil
    }

    /// Whether a frame's last two bytes are the checksum of the others.
    static func isSound(_ frame: ArraySlice<UInt8>) -> Bool {
        guard frame.count >= shortest else { return false }
        // The checksum of a frame together with its checksum is zero.
        return checksum(frame) == 0
    }

    /// CRC-16 with the polynomial 0xA001, from 0xFFFF (section 2.5.1.2).
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var sum: UInt16 = 0xFFFF
        for byte in bytes { sum = sum >> 8 ^ table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
        return sum
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xA001 : sum >> 1 }
    }
}

/// All that RTU has to tell the answers of one device apart: two requests whose answers have the
/// same shape cannot be told apart by them.
struct AnswerShape: Hashable, Sendable {
    /// The function code.
    var function: UInt8
    /// The whole frame's length in bytes; `anyLength` where the request does not say it.
    var length: Int
    /// What a write sends back, address and value or count; zero for a read.
    var echo: UInt32 = 0

    /// An identification is as long as the device's names.
    static let anyLength = 0

    /// Whether a frame of this length has the shape's.
    func fits(length other: Int) -> Bool { length == other || length == Self.anyLength }

    /// The shape of the answer to this request.
    init(of operation: ModbusRequest.Operation) {
        function = operation.function
        length = 8
        switch operation {
        case .readCoils(_, let count), .readDiscreteInputs(_, let count):
            length = RTUFrame.shortest + (count + 7) / 8
        case .readHoldingRegisters(_, let count), .readInputRegisters(_, let count):
            length = RTUFrame.shortest + count * 2
        case .writeCoil(let address, let value): echo = Self.echo(address, value ? 0xFF00 : 0)
        case .writeRegister(let address, let value): echo = Self.echo(address, value)
        case .writeCoils(let address, let values):
            echo = Self.echo(address, UInt16(truncatingIfNeeded: values.count))
        case .writeRegisters(let address, let values):
            echo = Self.echo(address, UInt16(truncatingIfNeeded: values.count))
        case .readDeviceIdentification: length = Self.anyLength
        }
    }

    /// The shape of a whole frame that is no refusal.
    init?(frame: ArraySlice<UInt8>) {
        guard let length = RTUFrame.length(frame), frame.count == length else { return nil }
        let bytes = Array(frame.prefix(6))
        guard bytes[1] & RTUFrame.refusal == 0 else { return nil }
        function = bytes[1]
        self.length = function == 43 ? Self.anyLength : length
        guard function > 4, function != 43 else { return }
        echo = bytes[2..<6].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func echo(_ address: UInt16, _ value: UInt16) -> UInt32 {
        UInt32(address) << 16 | UInt32(value)
    }
}
