import Buses
import Platform
import Telemetry

/// GPIO lines that a test can move from outside: a chip in memory, or the kernel's simulated one.
/// It has the input `door`, pulled down, and the output `relay`.
public protocol GPIOField: Sendable {
    /// The bank.
    var bank: any GPIOBank { get }
    /// Pulls an input up or down.
    func pull(_ line: String, up isUp: Bool) async throws
    /// The voltage at an output's pin.
    func isHigh(_ line: String) async throws -> Bool
}

/// What every GPIO bank promises, as checks that run on the scripted twin and on the real one alike.
public struct GPIOConformance: Sendable {
    /// A promise that was not kept.
    public struct Failure: Error, CustomStringConvertible {
        /// What was found instead.
        public let description: String
    }

    /// The promise.
    public let name: String
    /// Checks it.
    public let run: @Sendable (any GPIOField) async throws -> Void

    /// All promises.
    public static let all: [GPIOConformance] = [
        .init(name: "an input's level follows its pin", run: levels),
        .init(name: "active low turns levels and edges round", run: activeLow),
        .init(name: "forty edges come in order with rising stamps", run: fortyEdges),
        .init(name: "rising edges alone, if so asked", run: risingEdges),
        .init(name: "an edge ends a rest", run: edgeEndsRest),
        .init(name: "an output is driven and reads back", run: outputs),
        .init(name: "an output begins as it is to", run: initialLevel),
        .init(name: "a line that is not there says so", run: absentLine),
        .init(name: "works again after close", run: worksAfterClose),
    ]

    /// Runs every check; what was not kept, by name.
    public static func failures(of field: any GPIOField) async -> [String] {
        var failures: [String] = []
        for check in all {
            do {
                try await field.pull("door", up: false)
                try await check.run(field)
            } catch {
                failures.append("\(check.name): \(error)")
            }
            await field.bank.close()
        }
        return failures
    }

    /// How long edges may be on their way.
    private static let patience = Duration.seconds(10)

    private static let door = GPIOLine(.name("door"), .input(.both, debounce: .zero))

    // MARK: Inputs

    private static func levels(_ field: any GPIOField) async throws {
        for isUp in [false, true, true, false] {
            try await field.pull("door", up: isUp)
            try expect(try await field.bank.level(of: door), isUp)
        }
    }

    private static func activeLow(_ field: any GPIOField) async throws {
        var line = door
        line.isActiveLow = true
        try expect(try await field.bank.level(of: line), true)
        try await field.pull("door", up: true)
        let edges = try await edges(1, of: line, field)
        try expect(edges.map(\.isActive), [false])
        try expect(try await field.bank.level(of: line), false)
    }

    private static func fortyEdges(_ field: any GPIOField) async throws {
        _ = try await field.bank.level(of: door)
        var edges: [Edge] = []
        // The older interface of the kernel keeps sixteen.
        for round in 0..<4 {
            for index in 0..<10 {
                try await field.pull("door", up: (round * 10 + index).isMultiple(of: 2))
            }
            edges += try await self.edges(10, of: door, field)
        }
        try expect(edges.map(\.isActive), (0..<40).map { $0.isMultiple(of: 2) })
        let areRising = zip(edges, edges.dropFirst()).allSatisfy { $0.instant < $1.instant }
        try expect(areRising, true)
    }

    private static func risingEdges(_ field: any GPIOField) async throws {
        let line = GPIOLine(.name("door"), .input(.rising, debounce: .zero))
        _ = try await field.bank.level(of: line)
        for index in 0..<10 { try await field.pull("door", up: index.isMultiple(of: 2)) }
        try expect(
            try await edges(5, of: line, field).map(\.isActive), [true, true, true, true, true])
        try expect(try await field.bank.edges(of: line), EdgeReport())
    }

    private static func edgeEndsRest(_ field: any GPIOField) async throws {
        _ = try await field.bank.level(of: door)
        let clock = SystemClock()
        let deadline = clock.now() + patience
        async let rest: Void = field.bank.rest(until: deadline)
        try await field.pull("door", up: true)
        try await rest
        try expect(clock.now() < deadline, true)
        try expect(try await edges(1, of: door, field).count, 1)
    }

    // MARK: Outputs

    private static let relay = GPIOLine(.name("relay"), .output(.pushPull, initial: nil))

    private static func outputs(_ field: any GPIOField) async throws {
        for isActive in [true, false, true] {
            try await field.bank.drive(relay, active: isActive)
            try expect(try await field.isHigh("relay"), isActive)
            try expect(try await field.bank.level(of: relay), isActive)
        }
    }

    private static func initialLevel(_ field: any GPIOField) async throws {
        for isActive in [true, false] {
            let line = GPIOLine(
                .name("relay"), .output(.pushPull, initial: isActive), isActiveLow: true)
            try expect(try await field.bank.level(of: line), isActive)
            try expect(try await field.isHigh("relay"), !isActive)
            await field.bank.close()
        }
    }

    // MARK: Life

    private static func absentLine(_ field: any GPIOField) async throws {
        let line = GPIOLine(.name("no-such-line"), .input(.both, debounce: .zero))
        let code: BusError.Code?
        do throws(BusError) {
            _ = try await field.bank.level(of: line)
            code = nil
        } catch {
            code = error.code
        }
        try expect(code, .disconnected)
    }

    private static func worksAfterClose(_ field: any GPIOField) async throws {
        _ = try await field.bank.level(of: door)
        await field.bank.close()
        try await field.pull("door", up: true)
        try expect(try await field.bank.level(of: door), true)
        try await field.pull("door", up: false)
        try expect(try await edges(1, of: door, field).map(\.isActive), [false])
    }

    /// Awaits so many edges; answers all that came until then.
    private static func edges(
        _ count: Int, of line: GPIOLine, _ field: any GPIOField
    ) async throws -> [Edge] {
        var edges: [Edge] = []
        let clock = SystemClock()
        let deadline = clock.now() + patience
        while edges.count < count, clock.now() < deadline {
            let report = try await field.bank.edges(of: line)
            try expect(report.loss, .none)
            edges += report.edges
            if report.edges.isEmpty { try await field.bank.rest(until: deadline) }
        }
        return edges
    }

    private static func expect<Value: Equatable>(_ found: Value, _ wanted: Value) throws {
        guard found == wanted else { throw Failure(description: "\(found), not \(wanted)") }
    }
}
