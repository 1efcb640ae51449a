import Buses
import Telemetry
import TestSupport
import Testing

@testable import LinuxBuses

/// What may come late, and what is asked before it could be taken for another's.
@Suite struct LateAnswersTests {
    private static let read = ModbusRequest.Operation.readHoldingRegisters(address: 10, count: 2)
    private static let start = Instant(nanoseconds: 0)

    @Test func aLostRequestsTwinIsProbedBefore() throws {
        var late = LateAnswers()
        late.lose(Self.read, at: Self.start)
        let twin = ModbusRequest.Operation.readHoldingRegisters(address: 99, count: 2)
        #expect(late.probe(before: twin) == .readHoldingRegisters(address: 99, count: 1))
        #expect(late.probe(before: .readInputRegisters(address: 99, count: 2)) == nil)
        #expect(late.probe(before: .readHoldingRegisters(address: 99, count: 3)) == nil)
    }

    @Test func aProbeThatIsLostTooIsAskedAgain() throws {
        var late = LateAnswers()
        late.lose(Self.read, at: Self.start)
        let probe = try #require(late.probe(before: Self.read))
        for _ in 0..<100 {
            late.lose(probe, at: Self.start)
            #expect(late.probe(before: Self.read) == probe)
        }
        // The first probe's answer settles the read, not the other probes.
        late.answer(probe, at: Self.start)
        #expect(late.probe(before: Self.read) == nil)
        #expect(late.probe(before: probe) != nil)
        late.expire(at: Self.start + LateAnswers.patience)
        #expect(late.isEmpty)
    }

    /// The answer that comes may be that of the first of two: then the second one's comes yet.
    @Test func whatWasAskedTwiceIsSettledTwice() {
        var late = LateAnswers()
        let other = ModbusRequest.Operation.readHoldingRegisters(address: 10, count: 5)
        for operation in [Self.read, other, Self.read] { late.lose(operation, at: Self.start) }
        late.settle(AnswerShape(of: Self.read))
        #expect(late.mayBring(AnswerShape(of: other)) && late.mayBring(AnswerShape(of: Self.read)))
        late.settle(AnswerShape(of: Self.read))
        #expect(late.isEmpty)
    }

    /// A refusal that comes may be that of the first request: it settles no more than that one.
    @Test func aRefusalSettlesOne() {
        var late = LateAnswers()
        let other = ModbusRequest.Operation.readHoldingRegisters(address: 10, count: 5)
        late.lose(Self.read, at: Self.start)
        late.lose(other, at: Self.start)
        late.settle(refusalOf: 3)
        #expect(!late.mayBring(AnswerShape(of: Self.read)))
        #expect(late.mayBring(AnswerShape(of: other)))
        late.settle(refusalOf: 3)
        #expect(late.isEmpty)
    }

    /// Whatever was lost, in whatever order: a probe fits the protocol, and its answer looks like
    /// none of those that it is to settle, nor like that of the request behind it.
    @Test(arguments: 1...50 as ClosedRange<UInt64>) func probesAreUnmistakable(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var late = LateAnswers()
        var now = Self.start
        for _ in 0..<200 {
            let next = operation(&random)
            now = now + .milliseconds(Int.random(in: 0...900, using: &random))
            late.expire(at: now)
            guard let probe = late.probe(before: next) else {
                let isClear = !late.mayBring(AnswerShape(of: next))
                #expect(isClear || late.isFull)
                if isClear, !late.isFull { late.lose(next, at: now) }
                continue
            }
            #expect(ModbusRequest(unit: 1, probe).flaw == nil)
            #expect(AnswerShape(of: probe) != AnswerShape(of: next))
            guard Bool.random(using: &random) else {
                late.lose(probe, at: now)
                continue
            }
            late.answer(probe, at: now)
            let isClear = !late.mayBring(AnswerShape(of: next))
            #expect(isClear)
        }
    }

    private func operation(_ random: inout SplitMix) -> ModbusRequest.Operation {
        let address = UInt16.random(in: 0...65000, using: &random)
        let count = Int.random(in: 1...6, using: &random)
        return switch Int.random(in: 0..<8, using: &random) {
        case 0: .readCoils(address: address, count: count * 8)
        case 1: .readDiscreteInputs(address: address, count: count)
        case 2: .readHoldingRegisters(address: .max, count: 1)
        case 3: .readInputRegisters(address: address, count: 125)
        case 4: .writeRegister(address: 7, value: 1)
        case 5: .writeRegisters(address: 7, values: [1, 2])
        case 6: .writeCoils(address: 7, values: [true])
        default: .readHoldingRegisters(address: address, count: count)
        }
    }

    // MARK: Response times

    @Test func waitsFourLatenciesWithinTheBounds() {
        var times = ResponseTimes()
        func timeout() -> Duration {
            times.timeout(of: 7, least: .milliseconds(50), most: .milliseconds(500))
        }
        #expect(timeout() == .milliseconds(500))
        times.note(.milliseconds(5), of: 7)
        #expect(timeout() == .milliseconds(50))
        times.note(.milliseconds(30), of: 7)
        #expect(timeout() == .milliseconds(121))
        times.note(.milliseconds(14), of: 7)
        #expect(timeout() == .milliseconds(117))
        times.note(.milliseconds(400), of: 7)
        #expect(timeout() == .milliseconds(500))
    }

    @Test func waitsLongerAfterEachTimeout() {
        var times = ResponseTimes()
        var waited: [Duration] = []
        times.note(.milliseconds(1), of: 7)
        for _ in 0..<5 {
            let timeout = times.timeout(
                of: 7, least: .milliseconds(50), most: .milliseconds(500))
            waited.append(timeout)
            times.noteTimeout(of: 7, after: timeout)
        }
        #expect(waited == [50, 100, 200, 400, 500].map { .milliseconds($0) })
    }
}
