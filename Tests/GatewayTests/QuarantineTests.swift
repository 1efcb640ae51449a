import Telemetry
import Testing

@testable import Gateway

@Suite struct QuarantineTests {
    private let start = Instant(nanoseconds: 0)

    @Test func eachFailureDoublesTheTimeToTheNextTryUpToAMinute() {
        var quarantine = Quarantine()
        var now = start
        var delays: [Duration] = []
        for _ in 0..<9 {
            quarantine.fail(
                cost: .milliseconds(500), interval: .seconds(1), isCutShort: true, now: now)
            guard let next = quarantine.nextTry else { return #expect(Bool(false)) }
            delays.append(next - now)
            now = next
        }
        #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
    }

    @Test func aDeviceThatIsAskedSeldomIsNotAskedMoreOften() {
        var quarantine = Quarantine()
        quarantine.fail(cost: .seconds(20), interval: .seconds(300), isCutShort: true, now: start)
        #expect(quarantine.nextTry == start + .seconds(300))
    }

    @Test func oneAnswerEndsIt() {
        var quarantine = Quarantine()
        quarantine.fail(
            cost: .milliseconds(500), interval: .seconds(1), isCutShort: true, now: start)
        #expect(quarantine.isActive)
        quarantine.succeed()
        #expect(!quarantine.isActive)
        #expect(quarantine.isDue(at: start, interval: .seconds(1)))
    }

    /// An I2C chip that does not acknowledge costs its bus nothing worth saving.
    @Test func aCheapFailureDoesNotCount() {
        var quarantine = Quarantine()
        quarantine.fail(cost: .milliseconds(2), interval: .seconds(1), isCutShort: true, now: start)
        #expect(!quarantine.isActive)
    }

    @Test func aTryWaitsForAGapAndFillsIt() {
        var quarantine = Quarantine()
        quarantine.fail(
            cost: .milliseconds(500), interval: .seconds(1), isCutShort: true, now: start)
        let due = start + .seconds(1)
        #expect(quarantine.patience(now: due, slack: .zero, mayBeWhole: true) == nil)
        #expect(quarantine.patience(now: due, slack: .milliseconds(120), mayBeWhole: true) == nil)
        #expect(
            quarantine.patience(now: due, slack: .milliseconds(370), mayBeWhole: true)
                == .limited(.milliseconds(340)))
        #expect(quarantine.patience(now: due, slack: nil, mayBeWhole: true) == .whole)
    }

    /// A device that has become slower than the gap is found by the try that may take its time.
    @Test func eachEighthTryMayTakeItsTime() {
        var quarantine = Quarantine()
        var whole = 0
        for _ in 0..<16 {
            let patience = quarantine.patience(
                now: start, slack: .milliseconds(370), mayBeWhole: true)
            if patience == .whole { whole += 1 }
            quarantine.fail(
                cost: .milliseconds(500), interval: .seconds(1), isCutShort: patience != .whole,
                now: start)
        }
        #expect(whole == 2)
        #expect(
            quarantine.patience(now: start, slack: .milliseconds(370), mayBeWhole: false)
                == .limited(.milliseconds(340)))
    }

    /// On a line without a gap it is tried nonetheless, for a short time.
    @Test func aTryThatWaitedTooLongGoesWithoutAGap() {
        var quarantine = Quarantine()
        quarantine.fail(
            cost: .milliseconds(500), interval: .seconds(1), isCutShort: true, now: start)
        #expect(
            quarantine.patience(now: start + .seconds(60), slack: .zero, mayBeWhole: true) == nil)
        #expect(
            quarantine.patience(now: start + .seconds(62), slack: .zero, mayBeWhole: true)
                == .limited(Quarantine.leastPatience))
    }
}
