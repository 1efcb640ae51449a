/// The byte that guards an SMBus transaction: CRC-8 with the polynomial x8 + x2 + x + 1 over all bytes
/// on the wire, addresses with their direction bit too (System Management Bus specification 3.2,
/// section 6.4).
public struct PacketErrorCode: Sendable {
    /// The code so far.
    public private(set) var value: UInt8 = 0

    /// The code of nothing.
    public init() {}

    /// Takes bytes up.
    public mutating func take(_ bytes: [UInt8]) {
        for byte in bytes {
            value ^= byte
            for _ in 0..<8 { value = value & 0x80 == 0 ? value << 1 : value << 1 ^ 0x07 }
        }
    }

    /// The code behind what a transaction writes, if it reads nothing.
    public static func ofWrite(_ transaction: I2CTransaction) -> UInt8 {
        var code = PacketErrorCode()
        code.take([transaction.address << 1])
        code.take(transaction.written)
        return code.value
    }

    /// The code behind what a transaction has read.
    public static func ofRead(_ transaction: I2CTransaction, _ read: [UInt8]) -> UInt8 {
        var code = PacketErrorCode()
        if !transaction.written.isEmpty {
            code.take([transaction.address << 1])
            code.take(transaction.written)
        }
        code.take([transaction.address << 1 | 1])
        code.take(read)
        return code.value
    }
}
