import Buses
import Glibc
import Platform
import Telemetry

/// A serial line's failures in words that a technician at the cabinet can act on.
extension ModbusWords {
    /// The port could not be opened.
    func notOpened(_ error: SystemError) -> BusError {
        BusError(.disconnected, errno: error.errno, "\(line): \(address) \(obstacle(error))")
    }

    private func obstacle(_ error: SystemError) -> String {
        if error.call == "rs485" {
            return "cannot switch the line's direction (\(error.reason)); write another `rs485`: "
                + "none for an adapter that does so by itself"
        }
        switch error.errno {
        case ENOENT, ENODEV, ENXIO:
            return "is not there; is the adapter plugged in? `ls /dev/serial/by-id` shows the ports"
        case EACCES, EPERM:
            return "may not be opened; add the user that runs this to the port's group, as in "
                + "`usermod -aG dialout armadio`"
        case EBUSY: return "is in use by another program; `fuser \(address)` shows which"
        case ENOTTY: return "is no serial port"
        case EINVAL: return "does not have this rate, parity or number of stop bits"
        default: return "cannot be opened: \(error.reason)"
        }
    }

    /// The port, or the connection to the serial server, broke off.
    func lost(_ error: SystemError) -> BusError {
        switch error.errno {
        case ENODEV, EIO, ENXIO, EBADF, ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, ETIMEDOUT:
            BusError(
                .disconnected, errno: error.errno,
                "\(line): \(address) is gone; was the adapter pulled out, the server switched off?")
        default: system(error)
        }
    }

    /// Nothing came.
    func silent(unit: UInt8, after timeout: Duration) -> BusError {
        BusError(
            .timeout, errno: ETIMEDOUT,
            "\(line): unit \(unit) at \(address) did not answer within \(timeout.text); is it "
                + "switched on, are its unit id, rate and parity right, are A and B the right way?")
    }

    /// So much is without an answer that none could be told from another.
    func tooManyUnanswered(unit: UInt8) -> BusError {
        BusError(
            .timeout, errno: ETIMEDOUT,
            "\(line): unit \(unit) at \(address) left \(LateAnswers.limit) different requests "
                + "unanswered; it is asked again after \(LateAnswers.patience.text)")
    }

    /// It is not known yet whether earlier answers come late.
    func unsettled(unit: UInt8) -> BusError {
        BusError(
            .timeout, errno: ETIMEDOUT,
            "\(line): unit \(unit) at \(address) left requests unanswered and may answer them late; "
                + "it is asked again at its next turn")
    }

    /// A frame's checksum is wrong, or what came is no frame at all.
    func disturbed(_ what: String, unit: UInt8) -> BusError {
        BusError(
            .checksum,
            "\(line): unit \(unit) at \(address) was asked, but: \(what); check the cable, its "
                + "ends and shield, the rate, and whether two devices have this unit id")
    }

    /// There is no silence to ask in.
    var babble: BusError {
        BusError(
            .corrupt,
            "\(line): \(address) is never silent; is the rate right, does another master ask on "
                + "this line, does a device send unasked?")
    }

    /// Whoever asked has given up.
    var cancelled: BusError {
        BusError(.system, errno: ECANCELED, "\(line): the request was given up")
    }
}
