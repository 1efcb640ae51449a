import Buses
import Glibc
import Platform
import Telemetry

/// An I2C bus's failures in words that a technician at the cabinet can act on.
struct I2CWords {
    var line: I2CLine

    /// The transaction breaks the bus's limits.
    func invalid(_ flaw: String) -> BusError {
        BusError(.invalidRequest, "\(line.name): \(flaw)")
    }

    /// The adapter could not be opened.
    func notOpened(_ error: SystemError) -> BusError {
        let advice =
            switch error.errno {
            case ENOENT, ENXIO, ENODEV: "is I2C switched on for this board, is i2c-dev loaded?"
            case EACCES, EPERM: "is this user in the group that may open it (armadio, i2c)?"
            case ENOTTY: "it is no I2C adapter; the path is like /dev/i2c-1"
            default: error.reason
            }
        return BusError(
            .disconnected, errno: error.errno,
            "\(line.name): \(line.path) cannot be opened: \(advice)")
    }

    /// A transaction failed (Linux kernel, Documentation/i2c/fault-codes.rst).
    func failed(_ error: SystemError, _ transaction: I2CTransaction) -> BusError {
        let device = "\(line.name): device \(hexadecimal(transaction.address)) on \(line.path)"
        switch error.errno {
        case ENXIO, EREMOTEIO, ENODEV:
            return BusError(
                .timeout, errno: error.errno,
                "\(device) does not acknowledge; is it wired and powered, is the address right?")
        case ETIMEDOUT:
            return BusError(
                .timeout, errno: error.errno,
                "\(device) holds the bus for more than \(line.timeout.text); is a line shorted, "
                    + "are the pull-ups there?")
        case EBADMSG, EPROTO:
            return BusError(
                .checksum, errno: error.errno,
                "\(device) sent a wrong checksum; is the cable long or near power lines?")
        case EBUSY:
            return BusError(
                .system, errno: error.errno,
                "\(device) belongs to a driver of the kernel; read it with `driver: hwmon`")
        case EOPNOTSUPP:
            return BusError(
                .invalidRequest, errno: error.errno,
                "\(device): the adapter speaks SMBus only and has no such transaction")
        default: return BusError(.system, errno: error.errno, "\(device): \(error.reason)")
        }
    }

    private func hexadecimal(_ address: UInt8) -> String {
        let digits = String(address, radix: 16)
        return "0x" + (digits.count < 2 ? "0" : "") + digits
    }
}
