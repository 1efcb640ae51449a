import Telemetry

/// A Modbus line or connection: asks one device at a time and brings its answer.
///
/// One operation is required, `transfer`; the rest is derived from it. A bus is an actor on an
/// executor of its own. Whoever works with it much shares that executor (`unownedExecutor`) and
/// then has no hop to it.
///
/// Source: Modbus Application Protocol Specification V1.1b3, section 6.
public protocol ModbusBus: Bus {
    /// What requests cost here.
    nonisolated var pace: LinePace { get }

    /// Sends one request and waits for its answer.
    ///
    /// An answer that arrives late, or is another's, is never taken for this one's. The response
    /// has exactly as many registers or bits as were asked for.
    ///
    /// - Throws: `BusError`. The bus stays usable: what is broken is opened again by a later
    ///   transfer, after a growing delay.
    func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse
}

/// One request to one device.
public struct ModbusRequest: Hashable, Sendable {
    /// What is asked of the device.
    public enum Operation: Hashable, Sendable {
        /// Function 1. Count 1 to 2,000.
        case readCoils(address: UInt16, count: Int)
        /// Function 2. Count 1 to 2,000.
        case readDiscreteInputs(address: UInt16, count: Int)
        /// Function 3. Count 1 to 125.
        case readHoldingRegisters(address: UInt16, count: Int)
        /// Function 4. Count 1 to 125.
        case readInputRegisters(address: UInt16, count: Int)
        /// Function 5.
        case writeCoil(address: UInt16, value: Bool)
        /// Function 6.
        case writeRegister(address: UInt16, value: UInt16)
        /// Function 15. 1 to 1,968 values.
        case writeCoils(address: UInt16, values: [Bool])
        /// Function 16. 1 to 123 values.
        case writeRegisters(address: UInt16, values: [UInt16])
        /// Function 43, type 14: who the device is (section 6.21), from this object on.
        case readDeviceIdentification(IdentificationLevel, from: UInt8)
    }

    /// The device's unit id: 1 to 247 on a serial line, 0 to 255 on TCP.
    public var unit: UInt8
    /// What is asked.
    public var operation: Operation
    /// How long to wait for the answer's first byte; nil for the bus's own setting.
    public var responseTimeout: Duration?
    /// The least silence on the line before this request, for devices that want more than the
    /// protocol asks for; nil for none. A bus that is no serial line keeps none.
    public var pause: Duration?

    /// A request.
    public init(
        unit: UInt8, _ operation: Operation, responseTimeout: Duration? = nil,
        pause: Duration? = nil
    ) {
        self.unit = unit
        self.operation = operation
        self.responseTimeout = responseTimeout
        self.pause = pause
    }

    /// Why the request breaks the protocol's limits; nil if it does not.
    public var flaw: String? {
        let (address, count, limit) = extent
        if !(1...limit).contains(count) { return "\(count) values in a request, 1 to \(limit) fit" }
        if Int(address) + count > 65536 { return "the request goes beyond address 65535" }
        return nil
    }

    /// First address, number of values, and how many values one request may have.
    private var extent: (UInt16, Int, Int) {
        switch operation {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count):
            (address, count, ModbusLimits.readBits)
        case .readHoldingRegisters(let address, let count),
            .readInputRegisters(let address, let count):
            (address, count, ModbusLimits.readRegisters)
        case .writeCoil(let address, _), .writeRegister(let address, _): (address, 1, 1)
        case .writeCoils(let address, let values):
            (address, values.count, ModbusLimits.writeBits)
        case .writeRegisters(let address, let values):
            (address, values.count, ModbusLimits.writeRegisters)
        case .readDeviceIdentification: (0, 1, 1)
        }
    }
}

/// How many values fit into one request (Modbus Application Protocol V1.1b3, section 6).
public enum ModbusLimits {
    /// Functions 1 and 2.
    public static let readBits = 2000
    /// Functions 3 and 4.
    public static let readRegisters = 125
    /// Function 15.
    public static let writeBits = 1968
    /// Function 16.
    public static let writeRegisters = 123
}

/// What a device answered.
public enum ModbusResponse: Hashable, Sendable {
    /// To functions 3 and 4.
    case registers([UInt16])
    /// To functions 1 and 2.
    case bits([Bool])
    /// To the writing functions.
    case written
    /// To function 43, type 14.
    case identification(DeviceIdentification)
}

extension ModbusBus {
    /// A network's pace.
    public nonisolated var pace: LinePace { .network }

    /// Reads registers of either kind.
    public func registers(
        _ operation: ModbusRequest.Operation, unit: UInt8, responseTimeout: Duration? = nil
    ) async throws(BusError) -> [UInt16] {
        let request = ModbusRequest(unit: unit, operation, responseTimeout: responseTimeout)
        guard case .registers(let values) = try await transfer(request) else {
            throw BusError(.corrupt, "the answer has no registers")
        }
        return values
    }

    /// Reads coils or discrete inputs.
    public func bits(
        _ operation: ModbusRequest.Operation, unit: UInt8, responseTimeout: Duration? = nil
    ) async throws(BusError) -> [Bool] {
        let request = ModbusRequest(unit: unit, operation, responseTimeout: responseTimeout)
        guard case .bits(let values) = try await transfer(request) else {
            throw BusError(.corrupt, "the answer has no bits")
        }
        return values
    }

    /// Writes coils or registers.
    public func write(
        _ operation: ModbusRequest.Operation, unit: UInt8, responseTimeout: Duration? = nil
    ) async throws(BusError) {
        let request = ModbusRequest(unit: unit, operation, responseTimeout: responseTimeout)
        guard case .written = try await transfer(request) else {
            throw BusError(.corrupt, "the answer does not confirm the write")
        }
    }
}
