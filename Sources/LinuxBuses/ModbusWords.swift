import Buses
import CModbus
import Glibc
import Platform
import Telemetry

/// A bus's failures in words that a technician at the cabinet can act on.
struct ModbusWords {
    /// The bus's name in the configuration.
    var line: String
    /// Where it leads: `host:port`, or a port's path.
    var address: String
    /// What is to serve there.
    var service = "Modbus TCP"

    /// The request breaks the protocol's limits.
    func invalid(_ flaw: String) -> BusError {
        BusError(.invalidRequest, "\(line): \(flaw)")
    }

    /// There is no connection.
    func notConnected(_ failure: TCPDialer.Failure, host: String) -> BusError {
        switch failure {
        case .unknownName(let reason):
            return BusError(
                .disconnected,
                "\(line): the name `\(host)` has no address (\(reason)); is it spelled right, does "
                    + "the name service work?")
        case .refused(let errno):
            return BusError(.disconnected, errno: errno, "\(line): \(address) \(refusal(errno))")
        }
    }

    private func refusal(_ errno: Int32) -> String {
        switch errno {
        case ECONNREFUSED:
            "refused the connection; is the port right, is \(service) enabled there?"
        case ETIMEDOUT:
            "does not answer; is it switched on, is the address right, does a firewall drop the "
                + "port?"
        case EHOSTUNREACH, ENETUNREACH:
            "cannot be reached; is it switched on, is the cable in, is the address right?"
        default: "cannot be connected: \(String(cString: strerror(errno)))"
        }
    }

    /// An exchange with a device broke off.
    func failed(_ error: SystemError, unit: UInt8, timeout: Duration) -> BusError {
        switch error.errno {
        case ETIMEDOUT:
            return BusError(
                .timeout, errno: ETIMEDOUT,
                "\(line): unit \(unit) at \(address) did not answer within \(timeout.text)")
        case ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN:
            return BusError(
                .disconnected, errno: error.errno,
                "\(line): \(address) closed the connection instead of answering for unit \(unit); "
                    + "does it serve only few connections?")
        case EBADMSG: return corrupt("what came is no Modbus TCP", unit: unit)
        default: return system(error)
        }
    }

    /// Something came, but not the answer.
    func corrupt(_ what: String, unit: UInt8) -> BusError {
        BusError(.corrupt, "\(line): unit \(unit) at \(address) was asked, but: \(what)")
    }

    /// An answer came that brings no values.
    func unanswered(_ answer: ModbusFrame.Unanswered, unit: UInt8) -> BusError {
        switch answer {
        case .mismatch(let what): return corrupt(what, unit: unit)
        case .refused(let code):
            let meaning = String(cString: modbus_strerror(MODBUS_ENOBASE + Int32(code)))
            let known = Int(code) < MODBUS_EXCEPTION_MAX ? " (\(meaning))" : ""
            return BusError(
                .exception(code),
                "\(line): unit \(unit) at \(address) refused with exception \(code)\(known)")
        }
    }

    /// The system refused.
    func system(_ error: SystemError) -> BusError {
        BusError(.system, errno: error.errno, "\(line): \(error)")
    }

    /// Too many want the bus at once.
    var overrun: BusError {
        BusError(
            .system, errno: EBUSY,
            "\(line): \(Turns.waitingLimit) requests are waiting; poll less often")
    }
}

extension Duration {
    /// The duration in seconds with one decimal, rounded up, as in `1.3 s`.
    var roughly: String {
        let tenths = (nanoseconds + 99_999_999) / 100_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
