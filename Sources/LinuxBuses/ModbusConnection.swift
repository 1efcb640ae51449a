import Buses
import CModbus
import Glibc
import Telemetry

/// One libmodbus context with an open connection; closed when released. Used by one bus alone.
final class ModbusConnection {
    /// What libmodbus left in errno.
    struct Failure: Error {
        var errno: Int32

        /// libmodbus numbers its own errors from here (modbus.h, MODBUS_ENOBASE).
        private static let base: Int32 = 112_345_678
        /// The last of the protocol's exceptions (modbus.h, MODBUS_EXCEPTION_GATEWAY_TARGET).
        private static let lastException: Int32 = 11

        /// The device's exception code, if it refused.
        var exception: UInt8? {
            let code = errno - Failure.base
            return (1...Failure.lastException).contains(code) ? UInt8(code) : nil
        }

        /// Whether an answer came that was none: EMBBADCRC to EMBBADSLAVE.
        var isCorrupt: Bool {
            errno > Failure.base + Failure.lastException && errno <= Failure.base + 32
        }
    }

    private let context: OpaquePointer
    private var timeout: Duration?

    /// Connects, waiting as long as for an answer.
    init(host: String, port: UInt16, timeout: Duration) throws(Failure) {
        guard let context = modbus_new_tcp_pi(host, String(port)) else {
            throw Failure(errno: errno)
        }
        self.context = context
        setTimeout(timeout)
        guard modbus_connect(context) == 0 else { throw Failure(errno: Glibc.errno) }
        // libmodbus waits with select(2), whose sets end at 1,024 descriptors.
        guard modbus_get_socket(context) < 1024 else { throw Failure(errno: EMFILE) }
    }

    deinit {
        modbus_close(context)
        modbus_free(context)
    }

    static func text(_ code: Int32) -> String { String(cString: modbus_strerror(code)) }

    /// Sends a request that is within the protocol's limits and waits for its answer.
    func transfer(
        _ request: ModbusRequest, timeout: Duration
    ) throws(Failure) -> ModbusResponse {
        setTimeout(request.responseTimeout ?? timeout)
        guard modbus_set_slave(context, Int32(request.unit)) == 0 else {
            throw Failure(errno: Glibc.errno)
        }
        switch request.operation {
        case .readCoils(let address, let count):
            return .bits(try readBits(address, count, modbus_read_bits))
        case .readDiscreteInputs(let address, let count):
            return .bits(try readBits(address, count, modbus_read_input_bits))
        case .readHoldingRegisters(let address, let count):
            return .registers(try readRegisters(address, count, modbus_read_registers))
        case .readInputRegisters(let address, let count):
            return .registers(try readRegisters(address, count, modbus_read_input_registers))
        default:
            return try write(request.operation)
        }
    }

    private typealias Read<Item> = (
        OpaquePointer?, Int32, Int32, UnsafeMutablePointer<Item>?
    ) -> Int32

    private func readRegisters(
        _ address: UInt16, _ count: Int, _ read: Read<UInt16>
    ) throws(Failure) -> [UInt16] {
        var values = [UInt16](repeating: 0, count: count)
        try check(read(context, Int32(address), Int32(count), &values), count)
        return values
    }

    private func readBits(
        _ address: UInt16, _ count: Int, _ read: Read<UInt8>
    ) throws(Failure) -> [Bool] {
        var values = [UInt8](repeating: 0, count: count)
        try check(read(context, Int32(address), Int32(count), &values), count)
        return values.map { $0 != 0 }
    }

    private func write(_ operation: ModbusRequest.Operation) throws(Failure) -> ModbusResponse {
        switch operation {
        case .writeCoil(let address, let value):
            try check(modbus_write_bit(context, Int32(address), value ? 1 : 0), 1)
        case .writeRegister(let address, let value):
            try check(modbus_write_register(context, Int32(address), value), 1)
        case .writeCoils(let address, let values):
            let bytes: [UInt8] = values.map { $0 ? 1 : 0 }
            let count = Int32(values.count)
            try check(modbus_write_bits(context, Int32(address), count, bytes), values.count)
        case .writeRegisters(let address, let values):
            let count = Int32(values.count)
            try check(modbus_write_registers(context, Int32(address), count, values), values.count)
        default:
            throw Failure(errno: EINVAL)
        }
        return .written
    }

    private func check(_ result: Int32, _ expected: Int) throws(Failure) {
        if result < 0 { throw Failure(errno: Glibc.errno) }
        // Fewer than asked for is no answer to the question (EMBBADDATA).
        if result != Int32(expected) { throw Failure(errno: 112_345_691) }
    }

    private func setTimeout(_ timeout: Duration) {
        guard timeout != self.timeout else { return }
        self.timeout = timeout
        let microseconds = max(1000, timeout.nanoseconds / 1000)
        modbus_set_response_timeout(
            context, UInt32(clamping: microseconds / 1_000_000), UInt32(microseconds % 1_000_000))
    }
}
