import Telemetry
import Testing

@testable import Gateway

@Suite struct PollScheduleTests {
    private func at(_ milliseconds: Int64) -> Instant {
        Instant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func theThousandthPollIsOnTheGrid() {
        var schedule = PollSchedule(interval: .seconds(1), now: at(12_345))
        #expect(schedule.next == at(13_000))
        for _ in 0..<1000 { schedule.advance(now: schedule.next + .milliseconds(37)) }
        #expect(schedule.next == at(1_013_000))
        #expect(schedule.missed == 0)
    }

    @Test func aSlowGroupIsPolledAtOnceAndThenOnTheGrid() {
        var schedule = PollSchedule(interval: .seconds(60), now: at(12_345))
        #expect(schedule.next == at(12_345))
        schedule.advance(now: at(12_400))
        #expect(schedule.next == at(60_000))
        schedule.advance(now: at(60_010))
        #expect(schedule.next == at(120_000) && schedule.missed == 0)
    }

    @Test func missedDeadlinesAreCountedAndNotCaughtUp() {
        var schedule = PollSchedule(interval: .seconds(1), now: at(0))
        schedule.advance(now: at(5_300))
        #expect(schedule.missed == 4)
        #expect(schedule.next == at(5_000))
        schedule.advance(now: at(5_301))
        #expect(schedule.missed == 4)
        #expect(schedule.next == at(6_000))
    }
}
