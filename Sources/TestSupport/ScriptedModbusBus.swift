import Buses
import Platform
import Telemetry

/// A device that exists in memory: four tables from address 0. What lies beyond a table is an
/// illegal address.
public struct ScriptedDevice: Sendable {
    /// Function 3, 6 and 16.
    public var holdingRegisters: [UInt16]
    /// Function 4.
    public var inputRegisters: [UInt16]
    /// Function 1, 5 and 15.
    public var coils: [Bool]
    /// Function 2.
    public var discreteInputs: [Bool]
    /// Whether it leaves requests without an answer.
    public var isMute = false
    /// Registers within its tables that it does not have: a request that touches one is refused.
    public var missingRegisters: Set<Int> = []
    /// Registers about which it is silent: a request that touches one is not answered.
    public var silentRegisters: Set<Int> = []
    /// Whether it confirms writes and does not take them.
    public var ignoresWrites = false
    /// The exception code that it refuses every request with.
    public var refusal: UInt8?
    /// How long it takes to begin its answer, on a line that has time (`SerialLine`).
    public var thinkTime = Duration.zero

    /// A device with these tables, each empty unless given.
    public init(
        holdingRegisters: [UInt16] = [], inputRegisters: [UInt16] = [], coils: [Bool] = [],
        discreteInputs: [Bool] = []
    ) {
        self.holdingRegisters = holdingRegisters
        self.inputRegisters = inputRegisters
        self.coils = coils
        self.discreteInputs = discreteInputs
    }

    /// A device with `count` entries in each table, as the conformance suite wants them: registers
    /// show their address, every third bit is on from address 0.
    public static func addresses(count: Int) -> ScriptedDevice {
        let registers = (0..<count).map { UInt16(truncatingIfNeeded: $0) }
        let bits = (0..<count).map { $0 % 3 == 0 }
        return ScriptedDevice(
            holdingRegisters: registers, inputRegisters: registers, coils: bits,
            discreteInputs: bits)
    }

    /// Whether it leaves this request without an answer.
    func isSilent(about operation: ModbusRequest.Operation) -> Bool {
        isMute || operation.registersRead.map { !silentRegisters.isDisjoint(with: $0) } == true
    }

    mutating func perform(_ operation: ModbusRequest.Operation) -> ModbusResponse? {
        if let range = operation.registersRead, !missingRegisters.isDisjoint(with: range) {
            return nil
        }
        var unchanged = self
        return ignoresWrites && operation.isWrite
            ? unchanged.answer(operation) : answer(operation)
    }

    private mutating func answer(_ operation: ModbusRequest.Operation) -> ModbusResponse? {
        switch operation {
        case .readCoils(let address, let count): coils.part(address, count).map { .bits($0) }
        case .readDiscreteInputs(let address, let count):
            discreteInputs.part(address, count).map { .bits($0) }
        case .readHoldingRegisters(let address, let count):
            holdingRegisters.part(address, count).map { .registers($0) }
        case .readInputRegisters(let address, let count):
            inputRegisters.part(address, count).map { .registers($0) }
        case .writeCoil(let address, let value): coils.set(address, [value]) ? .written : nil
        case .writeRegister(let address, let value):
            holdingRegisters.set(address, [value]) ? .written : nil
        case .writeCoils(let address, let values): coils.set(address, values) ? .written : nil
        case .writeRegisters(let address, let values):
            holdingRegisters.set(address, values) ? .written : nil
        case .readDeviceIdentification: nil
        }
    }
}

extension ModbusRequest.Operation {
    fileprivate var registersRead: Range<Int>? {
        switch self {
        case .readHoldingRegisters(let address, let count),
            .readInputRegisters(let address, let count):
            Int(address)..<Int(address) + count
        default: nil
        }
    }

    fileprivate var isWrite: Bool {
        switch self {
        case .writeCoil, .writeRegister, .writeCoils, .writeRegisters: true
        default: false
        }
    }
}

extension Array {
    fileprivate func part(_ address: UInt16, _ count: Int) -> [Element]? {
        let end = Int(address) + count
        return end <= self.count ? Array(self[Int(address)..<end]) : nil
    }

    fileprivate mutating func set(_ address: UInt16, _ values: [Element]) -> Bool {
        let range = Int(address)..<Int(address) + values.count
        guard range.upperBound <= count else { return false }
        replaceSubrange(range, with: values)
        return true
    }
}

/// The twin of the real buses without any bus: devices in memory, failures on demand, and a record
/// of what was asked. A device that is absent or mute times out at once.
public actor ScriptedModbusBus: ModbusBus {
    /// The bus's thread.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// The devices by unit id.
    public var devices: [UInt8: ScriptedDevice]
    /// The requests that were sent, in order; invalid ones never are.
    public private(set) var requests: [ModbusRequest] = []
    /// How often the bus was closed.
    public private(set) var closes = 0

    private let clock: ManualClock?
    private var failures: [BusError] = []

    /// A bus with these devices.
    ///
    /// - Parameter clock: What `sleep` waits on; the machine's own clock unless given.
    public init(_ devices: [UInt8: ScriptedDevice] = [:], clock: ManualClock? = nil) {
        self.devices = devices
        self.clock = clock
        executor = ThreadExecutor(name: "scripted")
    }

    /// Lets the next transfers fail, one each, before devices are asked again.
    public func fail(_ failures: BusError...) {
        self.failures += failures
    }

    /// Changes a device; one that is absent is made first.
    public func change(_ unit: UInt8, _ change: @Sendable (inout ScriptedDevice) -> Void) {
        change(&devices[unit, default: ScriptedDevice()])
    }

    /// Forgets the requests so far.
    public func forgetRequests() {
        requests = []
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        if let clock {
            try await clock.sleep(until: deadline)
        } else {
            try await executor.sleep(until: deadline)
        }
    }

    public func close() {
        closes += 1
    }

    public func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        if let flaw = request.flaw { throw BusError(.invalidRequest, flaw) }
        requests.append(request)
        if !failures.isEmpty { throw failures.removeFirst() }
        guard var device = devices[request.unit], !device.isSilent(about: request.operation)
        else {
            throw BusError(.timeout, "unit \(request.unit) did not answer")
        }
        if let code = device.refusal { throw refused(request, code) }
        let response = device.perform(request.operation)
        devices[request.unit] = device
        guard let response else {
            throw refused(request, 2)
        }
        return response
    }

    private func refused(_ request: ModbusRequest, _ code: UInt8) -> BusError {
        BusError(.exception(code), "unit \(request.unit) refused with exception \(code)")
    }
}
