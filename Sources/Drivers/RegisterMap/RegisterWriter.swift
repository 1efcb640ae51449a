import Buses
import Telemetry

/// Writes points of a device and looks whether it took them.
struct RegisterWriter: Sendable {
    typealias Register = RegisterMapDriver.Register

    /// How often a point is read back until it shows what was written: a relay or a drive may need
    /// a moment.
    static let readBacks = 3
    /// What passes between them.
    static let readBackPause = Duration.milliseconds(100)

    let bus: any ModbusBus
    let unit: UInt8
    let responseTimeout: Duration?
    let pause: Duration?

    /// Writes a value that was accepted. Returns what the device shows afterwards; nil if it was
    /// not asked.
    func write(
        _ value: Value, to register: Register, by rules: WriteRules, clock: any SampleSink
    ) async throws(DriverError) -> Value? {
        let operations = try operations(value, register, rules)
        try await perform(operations)
        guard rules.verifies else { return nil }
        return try await readBack(register, wanted: value, clock)
    }

    // MARK: Writing

    /// The request, and what to try where the device does not know its function.
    private func operations(
        _ value: Value, _ register: Register, _ rules: WriteRules
    ) throws(DriverError) -> [ModbusRequest.Operation] {
        let single: ModbusRequest.Operation?
        let multiple: ModbusRequest.Operation
        if register.table == .coil {
            guard case .bool(let state) = value else {
                throw .unfitValue("\(register.name) is a coil: true or false")
            }
            single = .writeCoil(address: register.address, value: state)
            multiple = .writeCoils(address: register.address, values: [state])
        } else {
            guard let words = register.codec.encode(value) else {
                throw .unfitValue("\(value.text) does not fit \(register.name)")
            }
            single =
                words.count == 1 ? .writeRegister(address: register.address, value: words[0]) : nil
            multiple = .writeRegisters(address: register.address, values: words)
        }
        switch rules.function {
        case .single: return [single ?? multiple]
        case .multiple: return [multiple]
        case nil: return [single, multiple].compactMap { $0 }
        }
    }

    /// The first operation whose function the device knows.
    private func perform(_ operations: [ModbusRequest.Operation]) async throws(DriverError) {
        for (index, operation) in operations.enumerated() {
            do throws(BusError) {
                guard case .written = try await transfer(operation) else {
                    throw BusError(.corrupt, "the answer does not confirm the write")
                }
                return
            } catch {
                let isUnknown = error.code == .exception(1)
                guard isUnknown, index + 1 < operations.count else { throw .bus(error) }
            }
        }
    }

    // MARK: Reading back

    private func readBack(
        _ register: Register, wanted: Value, _ clock: any SampleSink
    ) async throws(DriverError) -> Value {
        var shown: Value?
        for attempt in 1...Self.readBacks {
            shown = try await read(register)
            if let shown, matches(shown, wanted, register) { return shown }
            if attempt < Self.readBacks { try await pause(clock.now() + Self.readBackPause) }
        }
        throw .notTaken(
            "\(register.name) was set to \(wanted.text) and confirmed, but shows "
                + "\(shown?.text ?? "no value"); is it locked, or out of the device's own limits?")
    }

    private func pause(_ deadline: Instant) async throws(DriverError) {
        do throws(CancellationError) {
            try await bus.sleep(until: deadline)
        } catch {
            throw .bus(BusError(.system, "the write was broken off"))
        }
    }

    private func read(_ register: Register) async throws(DriverError) -> Value? {
        do throws(BusError) {
            let count = register.codec.registers
            let isCoil = register.table == .coil
            let response = try await transfer(
                isCoil
                    ? .readCoils(address: register.address, count: 1)
                    : .readHoldingRegisters(address: register.address, count: count))
            switch response {
            case .bits(let bits) where isCoil && bits.count == 1: return .bool(bits[0])
            case .registers(let words) where !isCoil && words.count == count:
                return register.codec.decode(words, from: 0).0
            default: throw BusError(.corrupt, "the answer is not as long as was asked for")
            }
        } catch {
            throw .bus(error)
        }
    }

    private func transfer(
        _ operation: ModbusRequest.Operation
    ) async throws(BusError) -> ModbusResponse {
        try await bus.transfer(
            ModbusRequest(
                unit: unit, operation, responseTimeout: responseTimeout, pause: pause))
    }

    /// Whether the device shows what was written, in the resolution that its registers have.
    private func matches(_ shown: Value, _ wanted: Value, _ register: Register) -> Bool {
        if shown == wanted { return true }
        guard register.table == .holding, let registers = register.codec.encode(wanted) else {
            return false
        }
        return register.codec.encode(shown) == registers
    }
}
