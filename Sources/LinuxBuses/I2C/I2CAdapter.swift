import Buses
import CLinux
import Glibc
import Platform
import Telemetry

/// An open i2c-dev device and what it can do. Every call blocks.
final class I2CAdapter {
    private let descriptor: Int32
    private let functions: Int64

    /// Opens the device.
    ///
    /// - Throws: `SystemError` of open(2); ENOTTY if it is no I2C adapter.
    init(_ path: String, timeout: Duration, retries: UInt32) throws(SystemError) {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path) }
        let functions = clinux_i2c_functions(descriptor)
        let milliseconds = UInt32(clamping: timeout.nanoseconds / 1_000_000)
        let failure = min(
            functions, Int64(clinux_i2c_set_timeout(descriptor, milliseconds, retries)))
        if failure < 0 {
            Glibc.close(descriptor)
            throw SystemError("I2C_FUNCS", path, errno: Int32(-failure))
        }
        self.descriptor = descriptor
        self.functions = functions
    }

    deinit {
        close(descriptor)
    }

    /// Performs a transaction that has no flaw.
    ///
    /// - Throws: `SystemError`; EOPNOTSUPP if the adapter has no such transaction.
    func perform(_ transaction: I2CTransaction) throws(SystemError) -> [UInt8] {
        try claim(transaction.address)
        if can(clinux_i2c_rdwr) {
            return try transaction.hasErrorCode ? guarded(transaction) : plain(transaction)
        }
        guard let command = SMBusCommand(transaction), can(command.ability),
            !transaction.hasErrorCode || can(clinux_smbus_pec)
        else { throw SystemError("I2C_SMBUS", errno: EOPNOTSUPP) }
        return try smbus(command, transaction)
    }

    /// An adapter for plain I2C knows no packet error code: it is one byte more each way.
    private func guarded(_ transaction: I2CTransaction) throws(SystemError) -> [UInt8] {
        var whole = transaction
        guard transaction.readCount > 0 else {
            whole.written.append(PacketErrorCode.ofWrite(transaction))
            return try plain(whole)
        }
        whole.readCount += 1
        var read = try plain(whole)
        let code = read.removeLast()
        guard code == PacketErrorCode.ofRead(transaction, read) else {
            throw SystemError("I2C_RDWR", errno: EBADMSG)
        }
        return read
    }

    /// Asks for an acknowledgement: a quick write, or a read byte where that does less harm.
    ///
    /// - Returns: False if the adapter has no such command.
    /// - Throws: `SystemError`; EBUSY if a driver of the kernel has the address.
    func probe(_ address: UInt8) throws(SystemError) -> Bool {
        let isRead = (0x30...0x37).contains(address) || (0x50...0x5F).contains(address)
        guard can(isRead ? clinux_smbus_read_byte : clinux_smbus_quick) else { return false }
        try claim(address)
        var block = [UInt8](repeating: 0, count: 32)
        let size = isRead ? clinux_smbus_size_byte : clinux_smbus_size_quick
        let result = clinux_i2c_smbus(
            descriptor, isRead ? 1 : 0, 0, 0, Int32(size), &block, isRead ? 1 : 0)
        guard result >= 0 else { throw SystemError("I2C_SMBUS", errno: -result) }
        return true
    }

    private func can(_ ability: Int) -> Bool {
        functions & Int64(ability) != 0
    }

    private func claim(_ address: UInt8) throws(SystemError) {
        let failure = clinux_i2c_claim(descriptor, address)
        guard failure >= 0 else { throw SystemError("I2C_SLAVE", errno: -failure) }
    }

    private func plain(_ transaction: I2CTransaction) throws(SystemError) -> [UInt8] {
        var read = [UInt8](repeating: 0, count: transaction.readCount)
        let result = clinux_i2c_transfer(
            descriptor, transaction.address, transaction.written,
            UInt16(transaction.written.count), &read, UInt16(read.count))
        guard result >= 0 else { throw SystemError("I2C_RDWR", errno: -result) }
        return read
    }

    private func smbus(
        _ command: SMBusCommand, _ transaction: I2CTransaction
    ) throws(SystemError) -> [UInt8] {
        var block = command.data
        if block.count < 32 { block += repeatElement(0, count: 32 - block.count) }
        let count = command.isRead ? transaction.readCount : command.data.count
        let result = clinux_i2c_smbus(
            descriptor, command.isRead ? 1 : 0, transaction.hasErrorCode ? 1 : 0, command.code,
            Int32(command.size), &block, UInt8(count))
        guard result >= 0 else { throw SystemError("I2C_SMBUS", errno: -result) }
        guard Int(result) == transaction.readCount else {
            throw SystemError("I2C_SMBUS", errno: EPROTO)
        }
        return Array(block[..<transaction.readCount])
    }
}
