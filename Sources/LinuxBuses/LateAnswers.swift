import Buses
import Telemetry

/// The answers of one device that were waited for in vain and may come yet.
///
/// RTU has no transaction id: an answer says which unit and function it belongs to, and how many
/// bytes of values it has, but not which registers. So after a time-out no request is sent whose
/// answer would look like one that may come late. A **probe** goes first: a read whose answer looks
/// different. A device answers in the order it was asked, and each request at most once; when the
/// probe is answered, all before it is settled: it has come, or will never come.
///
/// What that guarantees: an answer that comes up to `patience` after the end of its wait is never
/// taken for another's. After that it is forgotten, so that a device that leaves probes unanswered,
/// and nothing else, comes back.
struct LateAnswers {
    /// How late an answer may be and is still known as such.
    static let patience = Duration.seconds(5)
    /// The most runs of requests of one shape that are kept. A device that has left more
    /// unanswered is not asked until the oldest has expired.
    static let limit = 8

    /// Requests one behind the other whose answers would look the same.
    private struct Run {
        var operation: ModbusRequest.Operation
        var shape: AnswerShape
        var count: Int
        var until: Instant
    }

    /// In the order in which they were asked.
    private var runs: [Run] = []

    /// Whether nothing may come late.
    var isEmpty: Bool { runs.isEmpty }
    /// Whether there is no room for one more.
    var isFull: Bool { runs.count >= Self.limit }

    /// Whether an answer of this shape may come late.
    func mayBring(_ shape: AnswerShape) -> Bool { runs.contains { $0.shape == shape } }

    /// Whether an answer of this function, and so a refusal of it, may come late.
    func mayBring(function: UInt8) -> Bool { runs.contains { $0.shape.function == function } }

    /// Whether an answer of this function and length may come late.
    func mayBring(function: UInt8, length: Int) -> Bool {
        runs.contains { $0.shape.function == function && $0.shape.fits(length: length) }
    }

    /// Notes that a request has got no answer, or none that could be read.
    mutating func lose(_ operation: ModbusRequest.Operation, at now: Instant) {
        lose(operation, until: now + Self.patience)
    }

    /// Notes that a request may be answered until then.
    mutating func lose(_ operation: ModbusRequest.Operation, until: Instant) {
        let shape = AnswerShape(of: operation)
        if let last = runs.indices.last, runs[last].shape == shape {
            runs[last].count += 1
            runs[last].until = max(runs[last].until, until)
        } else if !isFull {
            runs.append(Run(operation: operation, shape: shape, count: 1, until: until))
        }
    }

    /// Notes that the present request has got its answer: all before it is settled. If it looks like
    /// an earlier one's, it may be that one's, and the present one's comes yet.
    mutating func answer(_ operation: ModbusRequest.Operation, at now: Instant) {
        let shape = AnswerShape(of: operation)
        guard mayBring(shape) else { return runs = [] }
        settle(shape)
        lose(operation, at: now)
    }

    /// Notes that an answer of this shape has come late: it is that of the first such request at
    /// the earliest, and what was asked before that will not be answered any more.
    mutating func settle(_ shape: AnswerShape) {
        guard let index = runs.firstIndex(where: { $0.shape == shape }) else { return }
        runs[index].count -= 1
        runs.removeFirst(runs[index].count == 0 ? index + 1 : index)
    }

    /// Notes that a refusal has come that may be an earlier request's of this function.
    ///
    /// - Returns: Until when that one could have been answered; nil if there is none.
    @discardableResult
    mutating func settle(refusalOf function: UInt8) -> Instant? {
        guard let run = runs.first(where: { $0.shape.function == function }) else { return nil }
        settle(run.shape)
        return run.until
    }

    /// Forgets what cannot come any more.
    mutating func expire(at now: Instant) {
        runs.removeAll { $0.until <= now }
    }

    // MARK: Probes

    /// The read whose answer tells that this request may be sent; nil if it may be sent at once, or
    /// if there is no room for a probe.
    func probe(before operation: ModbusRequest.Operation) -> ModbusRequest.Operation? {
        let shape = AnswerShape(of: operation)
        guard let lost = runs.lastIndex(where: { $0.shape == shape }) else { return nil }
        // The last probe once more, so that a device that answers nothing does not fill the list.
        // Its answer is that of the first of its kind: what is in question must be before that.
        if let last = runs.last, last.shape.function <= 4,
            let first = runs.firstIndex(where: { $0.shape == last.shape }), first > lost
        {
            return last.operation
        }
        guard !isFull else { return nil }
        return Self.candidates(like: operation).first {
            let other = AnswerShape(of: $0)
            return other != shape && !mayBring(other)
        }
    }

    /// Reads close to what the request is about, most likely ones first: fewer values from the same
    /// address, then more.
    private static func candidates(
        like operation: ModbusRequest.Operation
    ) -> [ModbusRequest.Operation] {
        let steps = Array(1...limit + 1)
        switch operation {
        case .readHoldingRegisters(let address, let count):
            return counts(address, steps.map { count - $0 } + steps.map { count + $0 }, 125)
                .map { .readHoldingRegisters(address: $0, count: $1) }
        case .readInputRegisters(let address, let count):
            return counts(address, steps.map { count - $0 } + steps.map { count + $0 }, 125)
                .map { .readInputRegisters(address: $0, count: $1) }
        case .readCoils(let address, let count):
            return counts(
                address, steps.map { count - $0 * 8 } + steps.map { count + $0 * 8 }, 2000
            )
            .map { .readCoils(address: $0, count: $1) }
        case .readDiscreteInputs(let address, let count):
            return counts(
                address, steps.map { count - $0 * 8 } + steps.map { count + $0 * 8 }, 2000
            )
            .map { .readDiscreteInputs(address: $0, count: $1) }
        case .writeCoil(let address, _), .writeCoils(let address, _):
            return counts(address, steps.map { $0 * 8 - 7 }, 2000)
                .map { .readCoils(address: $0, count: $1) }
        case .writeRegister(let address, _), .writeRegisters(let address, _):
            return counts(address, steps, 125)
                .map { .readHoldingRegisters(address: $0, count: $1) }
        case .readDeviceIdentification:
            return counts(0, steps, 125).map { .readHoldingRegisters(address: $0, count: $1) }
        }
    }

    /// The counts that fit, each with a first address that it fits behind.
    private static func counts(
        _ address: UInt16, _ counts: [Int], _ limit: Int
    ) -> [(UInt16, Int)] {
        counts.filter { (1...limit).contains($0) }
            .map { (UInt16(min(Int(address), 65536 - $0)), $0) }
    }
}
