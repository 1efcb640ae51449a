import Buses
import Telemetry

/// What every Modbus bus promises, as checks that run on the scripted twin and on the real ones
/// alike.
///
/// The field that they need: units 1 and 2 with 2,000 entries in each table, as
/// `ScriptedDevice.addresses(count: tableSize)` has them; unit 9, which does not answer; units
/// 20 + code, which refuse with each of the `exceptions`; no unit 200. Checks leave the tables as
/// they found them.
public struct ModbusConformance: Sendable {
    /// A promise that was not kept.
    public struct Failure: Error, CustomStringConvertible {
        /// What was found instead.
        public let description: String
    }

    /// The promise.
    public let name: String
    /// Checks it.
    public let run: @Sendable (any ModbusBus) async throws -> Void

    /// How many entries each table of the field has: what the longest request asks for.
    public static let tableSize = ModbusLimits.readBits
    /// The exception codes that units refuse with.
    public static let exceptions: [UInt8] = [1, 2, 3, 4, 6, 11]
    /// The unit that refuses with this exception code.
    public static func refusingUnit(_ code: UInt8) -> UInt8 { 20 + code }
    /// The unit that does not answer.
    public static let muteUnit: UInt8 = 9

    /// All promises.
    public static let all: [ModbusConformance] = [
        .init(name: "reads holding registers exactly", run: readsHoldingRegisters),
        .init(name: "reads input registers exactly", run: readsInputRegisters),
        .init(name: "reads bits exactly", run: readsBits),
        .init(name: "reads back written registers", run: readsBackRegisters),
        .init(name: "reads back written coils", run: readsBackCoils),
        .init(name: "keeps units apart", run: keepsUnitsApart),
        .init(name: "a refusal brings its code, never values", run: refusals),
        .init(name: "a unit that is not there brings no values", run: absentUnit),
        .init(name: "illegal address is exception 2", run: illegalAddress),
        .init(name: "invalid requests fail as such", run: invalidRequests),
        .init(name: "mute unit times out, the next answers", run: muteUnit),
        .init(name: "each of many callers gets its own answer", run: manyCallers),
        .init(name: "works again after close", run: worksAfterClose),
    ]

    /// Runs every check; what was not kept, by name.
    public static func failures(of bus: any ModbusBus) async -> [String] {
        var failures: [String] = []
        for check in all {
            do {
                try await check.run(bus)
            } catch {
                failures.append("\(check.name): \(error)")
            }
        }
        await bus.close()
        return failures
    }

    // MARK: Reads

    private static func readsHoldingRegisters(_ bus: any ModbusBus) async throws {
        for (address, count) in [(0, 1), (0, 125), (1875, 125), (17, 2), (1999, 1)] {
            let values = try await bus.registers(
                .readHoldingRegisters(address: UInt16(address), count: count), unit: 1)
            try expect(values, (address..<address + count).map { UInt16($0) })
        }
    }

    private static func readsInputRegisters(_ bus: any ModbusBus) async throws {
        for (address, count) in [(0, 1), (300, 125), (1998, 2)] {
            let values = try await bus.registers(
                .readInputRegisters(address: UInt16(address), count: count), unit: 2)
            try expect(values, (address..<address + count).map { UInt16($0) })
        }
    }

    private static func readsBits(_ bus: any ModbusBus) async throws {
        for (address, count) in [(0, 1), (0, 7), (0, 8), (5, 9), (1, 16), (3, 1997), (0, 2000)] {
            let expected = (address..<address + count).map { $0 % 3 == 0 }
            let start = UInt16(address)
            try expect(
                try await bus.bits(.readCoils(address: start, count: count), unit: 1), expected)
            try expect(
                try await bus.bits(.readDiscreteInputs(address: start, count: count), unit: 1),
                expected)
        }
    }

    // MARK: Writes

    private static func readsBackRegisters(_ bus: any ModbusBus) async throws {
        let values = (0..<123).map { UInt16(truncatingIfNeeded: $0 &* 40503) }
        try await bus.write(.writeRegisters(address: 400, values: values), unit: 1)
        try await bus.write(.writeRegister(address: 523, value: 0xFFFF), unit: 1)
        let read = try await bus.registers(.readHoldingRegisters(address: 400, count: 124), unit: 1)
        let original = (400..<524).map { UInt16($0) }
        try await bus.write(.writeRegisters(address: 400, values: Array(original[..<123])), unit: 1)
        try await bus.write(.writeRegister(address: 523, value: 523), unit: 1)
        try expect(read, values + [0xFFFF])
    }

    private static func readsBackCoils(_ bus: any ModbusBus) async throws {
        let values = (0..<19).map { $0 % 2 == 0 }
        try await bus.write(.writeCoils(address: 101, values: values), unit: 1)
        try await bus.write(.writeCoil(address: 120, value: true), unit: 1)
        try await bus.write(.writeCoil(address: 121, value: false), unit: 1)
        let read = try await bus.bits(.readCoils(address: 101, count: 21), unit: 1)
        let original = (101..<122).map { $0 % 3 == 0 }
        try await bus.write(.writeCoils(address: 101, values: original), unit: 1)
        try expect(read, values + [true, false])
    }

    private static func keepsUnitsApart(_ bus: any ModbusBus) async throws {
        for unit in [UInt8(1), 2] {
            try await bus.write(.writeRegister(address: 7, value: UInt16(unit) + 100), unit: unit)
        }
        for unit in [UInt8(1), 2] {
            let read = try await bus.registers(
                .readHoldingRegisters(address: 7, count: 1), unit: unit)
            try await bus.write(.writeRegister(address: 7, value: 7), unit: unit)
            try expect(read, [UInt16(unit) + 100])
        }
    }

    // MARK: Failures

    private static func refusals(_ bus: any ModbusBus) async throws {
        for code in exceptions {
            let requests: [ModbusRequest.Operation] = [
                .readHoldingRegisters(address: 0, count: 10), .readCoils(address: 0, count: 10),
                .writeRegister(address: 0, value: 0),
            ]
            for request in requests {
                try await expectFailure(
                    .exception(code), request, unit: refusingUnit(code), on: bus)
            }
            try await readsOne(bus)
        }
    }

    /// A gateway says so (exceptions 10 and 11), a line is silent.
    private static func absentUnit(_ bus: any ModbusBus) async throws {
        let request = ModbusRequest(
            unit: 200, .readInputRegisters(address: 0, count: 1),
            responseTimeout: .milliseconds(50))
        let code = await failure(of: request, on: bus)?.code
        guard let code, [.timeout, .exception(10), .exception(11)].contains(code) else {
            throw Failure(
                description: "a unit that is not there brought \(code, default: "values")")
        }
        try await readsOne(bus)
    }

    private static func illegalAddress(_ bus: any ModbusBus) async throws {
        let requests: [ModbusRequest.Operation] = [
            .readHoldingRegisters(address: 2000, count: 1),
            .readHoldingRegisters(address: 1999, count: 2),
            .readInputRegisters(address: 60000, count: 125),
            .readCoils(address: 2000, count: 1), .readDiscreteInputs(address: 65535, count: 1),
            .writeRegister(address: 2000, value: 1), .writeCoil(address: 2000, value: true),
            .writeRegisters(address: 1999, values: [1, 2]),
            .writeCoils(address: 2000, values: [true, false]),
        ]
        for request in requests {
            try await expectFailure(.exception(2), request, on: bus)
            try await readsOne(bus)
        }
    }

    private static func invalidRequests(_ bus: any ModbusBus) async throws {
        let requests: [ModbusRequest.Operation] = [
            .readHoldingRegisters(address: 0, count: 0),
            .readHoldingRegisters(address: 0, count: 126),
            .readInputRegisters(address: 0, count: -1),
            .readInputRegisters(address: 65535, count: 2),
            .readCoils(address: 0, count: 2001), .readDiscreteInputs(address: 65000, count: 1000),
            .writeRegisters(address: 0, values: []),
            .writeRegisters(address: 0, values: Array(repeating: 0, count: 124)),
            .writeCoils(address: 0, values: Array(repeating: true, count: 1969)),
        ]
        for request in requests { try await expectFailure(.invalidRequest, request, on: bus) }
        try await readsOne(bus)
    }

    private static func muteUnit(_ bus: any ModbusBus) async throws {
        for _ in 0..<3 {
            try await expectFailure(
                .timeout, .readHoldingRegisters(address: 0, count: 1), unit: muteUnit, on: bus,
                responseTimeout: .milliseconds(50))
            try await readsOne(bus)
        }
    }

    private static func manyCallers(_ bus: any ModbusBus) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            // A bus lets 64 wait.
            for address in UInt16(0)..<60 {
                group.addTask {
                    let read = try await bus.registers(
                        .readHoldingRegisters(address: address, count: 3), unit: 1)
                    try expect(read, [address, address + 1, address + 2])
                }
            }
            try await group.waitForAll()
        }
    }

    private static func worksAfterClose(_ bus: any ModbusBus) async throws {
        await bus.close()
        await bus.close()
        try await readsOne(bus)
    }

    private static func readsOne(_ bus: any ModbusBus) async throws {
        try expect(
            try await bus.registers(.readHoldingRegisters(address: 42, count: 2), unit: 1),
            [42, 43])
    }

    private static func expect<Value: Equatable>(_ found: Value, _ expected: Value) throws {
        guard found == expected else {
            throw Failure(description: "\(found) came instead of \(expected)")
        }
    }

    private static func expectFailure(
        _ code: BusError.Code, _ operation: ModbusRequest.Operation, unit: UInt8 = 1,
        on bus: any ModbusBus, responseTimeout: Duration? = nil
    ) async throws {
        let request = ModbusRequest(unit: unit, operation, responseTimeout: responseTimeout)
        let failure = await failure(of: request, on: bus)
        guard failure?.code == code else {
            throw Failure(
                description:
                    "\(request) brought \(failure?.code, default: "values") instead of \(code)")
        }
    }

    private static func failure(of request: ModbusRequest, on bus: any ModbusBus) async -> BusError?
    {
        do throws(BusError) {
            _ = try await bus.transfer(request)
            return nil
        } catch {
            return error
        }
    }
}
