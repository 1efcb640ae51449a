/// Frames of Modbus RTU as a device sees them (Modbus over Serial Line V1.02, section 2.5.1).
public enum SerialFrame {
    /// A frame's data with its checksum.
    public static func sealed(_ bytes: [UInt8]) -> [UInt8] {
        let sum = checksum(bytes[...])
        return bytes + [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)]
    }

    /// The data of a frame; nil if its checksum is wrong.
    public static func opened(_ frame: [UInt8]) -> [UInt8]? {
        guard frame.count >= 4, checksum(frame[...]) == 0 else { return nil }
        return Array(frame.dropLast(2))
    }

    /// How long the request is that begins so; nil if that cannot be said yet, or at all.
    static func requestLength(_ head: [UInt8]) -> Int? {
        guard head.count >= 2 else { return nil }
        switch head[1] {
        case 1...6: return 8
        case 15, 16: return head.count > 6 ? 9 + Int(head[6]) : nil
        case 22: return 10
        case 23: return head.count > 10 ? 13 + Int(head[10]) : nil
        case 7, 11, 12, 17: return 4
        case 8: return 8
        case 43: return 7
        default: return nil
        }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var sum: UInt16 = 0xFFFF
        for byte in bytes {
            sum ^= UInt16(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xA001 : sum >> 1 }
        }
        return sum
    }
}
