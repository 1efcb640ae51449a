import Buses
import CLinux

/// The SMBus command that puts the same bytes on the wire as a plain transaction, for adapters that
/// know no other (System Management Bus specification, section 6.5).
struct SMBusCommand {
    /// The ability of the adapter that it needs, CLinux's `clinux_smbus_*`.
    var ability: Int
    /// The command's form, CLinux's `clinux_smbus_size_*`.
    var size: Int
    var isRead: Bool
    /// The command byte: the first that is written.
    var code: UInt8
    /// What is written behind it.
    var data: [UInt8] = []

    /// nil if there is no such command: two bytes written before a read, more than 32 bytes.
    init?(_ transaction: I2CTransaction) {
        code = transaction.written.first ?? 0
        isRead = transaction.readCount > 0
        switch (transaction.written.count, transaction.readCount) {
        case (0, 1): (ability, size) = (clinux_smbus_read_byte, clinux_smbus_size_byte)
        case (1, 1): (ability, size) = (clinux_smbus_read_byte_data, clinux_smbus_size_byte_data)
        case (1, 2): (ability, size) = (clinux_smbus_read_word_data, clinux_smbus_size_word_data)
        case (1, 3...32):
            (ability, size) = (clinux_smbus_read_i2c_block, clinux_smbus_size_i2c_block)
        case (1, 0): (ability, size) = (clinux_smbus_write_byte, clinux_smbus_size_byte)
        case (2, 0): (ability, size) = (clinux_smbus_write_byte_data, clinux_smbus_size_byte_data)
        case (3, 0): (ability, size) = (clinux_smbus_write_word_data, clinux_smbus_size_word_data)
        case (4...33, 0):
            (ability, size) = (clinux_smbus_write_i2c_block, clinux_smbus_size_i2c_block)
        default: return nil
        }
        data = Array(transaction.written.dropFirst())
    }
}
