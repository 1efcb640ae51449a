import CModbus
import Glibc
import Platform
import Telemetry

/// One libmodbus context and the socket or port it reads from. Used by one bus alone.
///
/// libmodbus frames what arrives and keeps the time; which answer belongs to which request is
/// `ModbusFrame`'s to say, because libmodbus does not check the unit id of a TCP answer.
final class ModbusContext {
    /// libmodbus waits with select(2), whose sets hold descriptors below FD_SETSIZE.
    static let descriptorLimit: Int32 = 1024
    /// The longest ADU that libmodbus stores (modbus.h, MODBUS_MAX_ADU_LENGTH).
    static let longestFrame = Int(MODBUS_MAX_ADU_LENGTH)

    private let pointer: OpaquePointer
    private var timeout = Duration.zero
    private var buffer = [UInt8](repeating: 0, count: ModbusContext.longestFrame)

    /// A context for Modbus TCP, without a socket yet.
    ///
    /// - Throws: `SystemError` if there is no memory or the name is too long.
    static func tcp(host: String, port: UInt16) throws(SystemError) -> ModbusContext {
        guard let pointer = modbus_new_tcp_pi(host, String(port)) else {
            throw SystemError("modbus_new_tcp_pi", host)
        }
        return ModbusContext(pointer)
    }

    private init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        // The response time-out is for the whole answer, however it is cut into pieces.
        modbus_set_byte_timeout(pointer, 0, 0)
    }

    deinit {
        modbus_close(pointer)
        modbus_free(pointer)
    }

    /// The open socket or port.
    var descriptor: Int32? {
        let descriptor = modbus_get_socket(pointer)
        return descriptor < 0 ? nil : descriptor
    }

    /// Takes over a connected socket.
    ///
    /// - Throws: `SystemError` EMFILE if select(2) cannot wait for it; it is closed then.
    func adopt(_ socket: Int32) throws(SystemError) {
        close()
        guard socket < ModbusContext.descriptorLimit else {
            Glibc.close(socket)
            throw SystemError("select", "descriptor \(socket)", errno: EMFILE)
        }
        modbus_set_socket(pointer, socket)
    }

    /// Closes the socket or port, if it is open.
    func close() {
        modbus_close(pointer)
    }

    /// Waits for one whole answer: its bytes as they came.
    ///
    /// - Throws: `SystemError` with ETIMEDOUT, ECONNRESET if the other side has closed, one of
    ///   libmodbus's own numbers for bytes that are no answer, or what recv(2) says.
    func receive(within timeout: Duration) throws(SystemError) -> ArraySlice<UInt8> {
        set(timeout)
        let count = modbus_receive_confirmation(pointer, &buffer)
        guard count >= 0 else { throw SystemError("modbus_receive_confirmation") }
        return buffer[..<Int(count)]
    }

    private func set(_ timeout: Duration) {
        guard timeout != self.timeout else { return }
        self.timeout = timeout
        let microseconds = max(1, timeout.nanoseconds / 1000)
        modbus_set_response_timeout(
            pointer, UInt32(clamping: microseconds / 1_000_000),
            UInt32(microseconds % 1_000_000))
    }
}

extension SystemError {
    /// Whether it is libmodbus's word for bytes that are no answer (modbus.h, EMBBADCRC and
    /// after; its numbers start above MODBUS_ENOBASE, where the system has none).
    var isBadAnswer: Bool { errno > MODBUS_ENOBASE }
}
