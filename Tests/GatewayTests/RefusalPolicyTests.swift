import Journal
import Telemetry
import Testing
import Uplink

@testable import Gateway

/// What is done with readings that a broker has refused.
@Suite struct RefusalPolicyTests {
    private func delivery(items: Int = 100, refusals: Int = 0) -> Delivery {
        let begin = Position(epoch: 1, sequence: 0)
        let end = Position(epoch: 1, sequence: UInt64(items))
        return Delivery(
            priority: .normal, range: begin..<end, items: items, bytes: 5000, refusals: refusals)
    }

    private func isWait(_ verdict: RefusalPolicy.Verdict) -> Bool {
        if case .hold = verdict { true } else { false }
    }

    @Test func aMessageThatOthersPassIsSetAsideAfterThreeTries() {
        var policy = RefusalPolicy()
        let reason = ReasonCode(rawValue: 0x99)
        for refusals in 0..<2 {
            let verdict = policy.refuse(
                delivery(refusals: refusals), reason, retries: 0, setAside: 0)
            #expect(verdict == .again(after: .seconds(2 << refusals)))
            policy.taken()
        }
        let verdict = policy.refuse(delivery(refusals: 2), reason, retries: 0, setAside: 0)
        #expect(verdict == .setAside)
    }

    @Test func aBrokerThatTakesNothingHasAllWaitAndLosesNothing() {
        var policy = RefusalPolicy()
        for refusals in [0, 1] {
            _ = policy.refuse(
                delivery(refusals: refusals), .notAuthorized, retries: 0, setAside: 0)
        }
        for _ in 0..<50 {
            let verdict = policy.refuse(
                delivery(refusals: 2), .notAuthorized, retries: 0, setAside: 0)
            guard case .hold(let wait) = verdict else {
                Issue.record("\(verdict) is no wait")
                return
            }
            #expect(wait >= .seconds(1) && wait <= .seconds(120))
        }
    }

    /// A window full of messages that were sent before the first refusal is one refusal.
    @Test func aVolleyOfRefusalsWaitsOnce() {
        var policy = RefusalPolicy()
        let first = policy.refuse(delivery(), .quotaExceeded, retries: 0, setAside: 0)
        #expect(isWait(first) && first != .hold(.zero))
        for _ in 0..<20 {
            let verdict = policy.refuse(
                delivery(), .quotaExceeded, retries: 0, setAside: 0, isHolding: true)
            #expect(verdict == .hold(.zero))
        }
        let next = policy.refuse(delivery(), .quotaExceeded, retries: 0, setAside: 0)
        guard case .hold(let wait) = next else {
            Issue.record("\(next) is no wait")
            return
        }
        #expect(wait <= .seconds(4), "the second step of the backoff")
    }

    @Test func aQuotaIsWaitedForWhateverElseFlows() {
        var policy = RefusalPolicy()
        policy.taken()
        for refusals in 0..<5 {
            let verdict = policy.refuse(
                delivery(refusals: refusals), .quotaExceeded, retries: 0, setAside: 0)
            #expect(isWait(verdict))
        }
    }

    @Test func aPacketThatIsTooLargeIsHalvedDownToOneReading() {
        var policy = RefusalPolicy()
        let split = policy.refuse(delivery(items: 100), .packetTooLarge, retries: 0, setAside: 0)
        #expect(split == .split(items: 50))
        let last = policy.refuse(delivery(items: 1), .packetTooLarge, retries: 0, setAside: 0)
        #expect(last == .setAside)
    }

    @Test func listsHaveTheirBounds() {
        var policy = RefusalPolicy()
        policy.taken()
        let reason = ReasonCode(rawValue: 0x90)
        let many = policy.refuse(
            delivery(), reason, retries: RefusalPolicy.retryLimit, setAside: 0)
        #expect(isWait(many))
        policy.taken()
        let full = policy.refuse(
            delivery(refusals: 2), reason, retries: 0, setAside: SetAside.limit)
        #expect(isWait(full))
    }
}

/// What the broker has and the platform has not yet.
@Suite struct PlatformWindowTests {
    private func delivery(_ first: UInt64) -> Delivery {
        Delivery(
            priority: .normal,
            range: Position(epoch: 1, sequence: first)..<Position(epoch: 1, sequence: first + 10))
    }

    private func instant(_ seconds: Int64) -> Instant {
        Instant(nanoseconds: seconds * 1_000_000_000)
    }

    @Test func whatIsCommittedNoLongerWaits() {
        var window = PlatformWindow()
        for first in stride(from: UInt64(0), to: 50, by: 10) {
            window.publish(delivery(first), now: instant(0))
        }
        window.commit(now: instant(1)) { $0.range.lowerBound.sequence < 30 }
        #expect(window.waiting.map(\.range.lowerBound.sequence) == [30, 40])
        #expect(window.silence(now: instant(3)) == .seconds(2))
        window.commit(now: instant(4)) { _ in true }
        #expect(window.waiting.isEmpty && window.silence(now: instant(9)) == nil)
    }

    @Test func aSilentPlatformIsSentAllAgainLessAndLess() {
        var window = PlatformWindow()
        var now: Int64 = 0
        var waits: [Int64] = []
        for _ in 0..<6 {
            window.publish(delivery(0), now: instant(now))
            let began = now
            while true {
                if window.isOverdue(now: instant(now)) { break }
                now += 1
            }
            waits.append(now - began)
            window.reset()
        }
        #expect(waits == [60, 120, 240, 480, 960, 960])
        window.publish(delivery(0), now: instant(now))
        window.commit(now: instant(now)) { _ in true }
        window.publish(delivery(0), now: instant(now))
        let (early, late) = (
            window.isOverdue(now: instant(now + 59)), window.isOverdue(now: instant(now + 60))
        )
        #expect(!early && late)
    }

    /// The broker has forgotten the first, and what came behind it goes through.
    @Test func whatOthersPassIsSentAgainThoughThePlatformTalks() {
        var window = PlatformWindow()
        window.publish(delivery(0), now: instant(0))
        var overdue: [Int64] = []
        for second in Int64(1)...61 {
            let next = delivery(UInt64(second) * 10)
            window.publish(next, now: instant(second))
            window.commit(now: instant(second)) { $0 == next }
            if window.isOverdue(now: instant(second)) { overdue.append(second) }
        }
        #expect(overdue == [61])
        window.reset()
        window.publish(delivery(0), now: instant(61))
        let isEarly = window.isOverdue(now: instant(121))
        #expect(!isEarly, "twice as long the second time")
    }

    @Test func aFullWindowSaysSo() {
        var window = PlatformWindow()
        for first in 0..<UInt64(PlatformWindow.limit) {
            #expect(!window.isFull)
            window.publish(delivery(first * 10), now: instant(0))
        }
        #expect(window.isFull)
    }
}

@Suite struct PointFilterTests {
    private func point(_ path: String) -> Point {
        let parts = path.split(separator: "/").map(String.init)
        return Point(device: parts[0], name: parts[1])
    }

    @Test(arguments: [
        ("meter-1", "meter-1/voltage", true), ("meter-1", "meter-10/voltage", false),
        ("meter-*", "meter-10/voltage", true), ("*/voltage", "meter-1/voltage", true),
        ("*/voltage", "meter-1/voltage-l1", false), ("*/volt*l*", "m/voltage-l1", true),
        ("m/a*a", "m/a", false), ("m/a*a", "m/aa", true), ("*", "m/a", true),
        ("m/*b*c", "m/abac", true), ("m/*b*c", "m/acab", false), ("m", "n/m", false),
    ])
    func patternsMeanWhatTheySay(pattern: String, path: String, isMeant: Bool) {
        #expect(PointFilter.matches(point(path), pattern) == isMeant)
    }

    @Test func whatIsExceptedIsNotMeant() {
        let filter = PointFilter(only: ["meter-*"], except: ["*/frequency"])
        #expect(filter.takes(point("meter-1/voltage")))
        #expect(!filter.takes(point("meter-1/frequency")))
        #expect(!filter.takes(point("door/contact")))
        #expect(PointFilter.all.takes(point("a/b")) && !PointFilter.none.takes(point("a/b")))
    }
}
