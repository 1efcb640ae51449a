import Glibc
import Journal
import Telemetry
import TestSupport
import Testing

/// What is urgent has a queue of its own.
@Suite struct PriorityTests {
    @Test func urgentReadingsWaitForNobody() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            fixture.fill(journal, commits: 40)
            journal.append(fixture.readings(1, from: -1, urgent: true), now: fixture.now)
            journal.commitIfDue(anchor: fixture.anchor)
        }
        let journal = try fixture.reopen()
        var receiver = Receiver()
        receiver.drain(journal, .urgent)
        #expect(receiver.order == [-1])
        receiver.drain(journal, .normal)
        #expect(receiver.order == [-1] + Array(0..<4000))
    }

    @Test func anUrgentReadingDoesNotWriteTheOthers() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        journal.append(fixture.readings(100), now: fixture.now)
        journal.append(fixture.readings(1, from: 100, urgent: true), now: fixture.now)
        journal.commitIfDue(anchor: fixture.anchor)
        #expect(journal.statistics.readingsInMemory == 100)
        #expect(journal.statistics.readingsOnDisk == 1)
    }

    @Test func anUrgentPointThatDoesNotChangeCostsNoWrite() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        journal.append(fixture.readings(1, from: 5, urgent: true), now: fixture.now)
        journal.commitIfDue(anchor: fixture.anchor)
        let written = journal.statistics.bytesWritten
        for _ in 0..<100 {
            journal.append(fixture.readings(1, from: 5, urgent: true), now: fixture.now)
            journal.commitIfDue(anchor: fixture.anchor)
        }
        #expect(journal.statistics.bytesWritten == written)
        #expect(journal.statistics.readingsInMemory == 100)
        journal.append(fixture.readings(1, from: 6, urgent: true), now: fixture.now)
        journal.commitIfDue(anchor: fixture.anchor)
        #expect(journal.statistics.readingsOnDisk == 2)
    }

    @Test func aFullJournalKeepsWhatIsUrgent() throws {
        let fixture = Fixture { $0.maximumBytes = 6 * 64 * 1024 }
        do {
            let journal = try fixture.open()
            for round in 0..<300 {
                let urgent = round % 20 == 0
                journal.append(
                    fixture.readings(1, from: -1 - round, urgent: urgent), now: fixture.now)
                journal.append(fixture.readings(100, from: round * 100), now: fixture.now)
                fixture.commit(journal)
            }
            #expect(journal.statistics.evicted > 0)
            #expect(journal.statistics.bytesOnDisk <= 6 * 64 * 1024)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen(), .urgent)
        #expect(receiver.order == stride(from: -1, to: -300, by: -20).map { Int64($0) })
        #expect(receiver.gaps.isEmpty)
    }
}

/// Newer readings may be delivered before older ones.
@Suite struct RangeTests {
    /// A journal with 3,000 readings on disk and 1,000 in memory.
    private func filled(_ fixture: Fixture) throws -> ReadingJournal {
        let journal = try fixture.reopen()
        fixture.fill(journal, commits: 30)
        journal.append(fixture.readings(1000, from: 3000), now: fixture.now)
        return journal
    }

    @Test func liveReadingsGoBeforeTheBacklogAndAreNeverWritten() throws {
        let fixture = Fixture()
        let journal = try filled(fixture)
        let live = journal.memoryStart(of: .normal)
        let written = journal.statistics.bytesWritten
        var receiver = Receiver()
        receiver.drain(journal, .normal, from: live)
        #expect(receiver.order == Array(3000..<4000))
        fixture.commit(journal)
        // The cursor's page, and nothing of the readings.
        #expect(journal.statistics.bytesWritten == written + 4096)
        #expect(journal.statistics.readingsOnDisk == 3000)
        #expect(journal.start(of: .normal).sequence == 0 && !journal.isSettled)
        receiver.drain(journal, .normal, before: live)
        #expect(receiver.order == Array(3000..<4000) + Array(0..<3000))
        #expect(journal.isSettled && receiver.gaps.isEmpty)
    }

    @Test func whatWasDeliveredFromMemoryIsNoGapAfterAKill() throws {
        let fixture = Fixture()
        var receiver = Receiver()
        do {
            let journal = try filled(fixture)
            receiver.drain(journal, .normal, from: journal.memoryStart(of: .normal))
            journal.append(fixture.readings(500, from: 4000), now: fixture.now)
            fixture.commit(journal)
        }
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(3000..<4000) + Array(0..<3000) + Array(4000..<4500))
        #expect(receiver.gaps.isEmpty)
    }

    @Test func aCleanStopSendsNothingOfWhatWasDeliveredOutOfOrder() throws {
        let fixture = Fixture()
        do {
            let journal = try filled(fixture)
            fixture.commit(journal)
            var receiver = Receiver()
            for range in [0..<100, 1000..<2000, 3500..<4000] as [Range<UInt64>] {
                let (first, end) = (
                    position(journal, range.lowerBound), position(journal, range.upperBound)
                )
                receiver.drain(journal, .normal, from: first, before: end)
            }
            journal.close(anchor: fixture.anchor)
        }
        var receiver = Receiver()
        let journal = try fixture.reopen()
        receiver.drain(journal)
        #expect(receiver.order == Array(100..<1000) + Array(2000..<3500))
        #expect(receiver.gaps.isEmpty && journal.isSettled)
    }

    private func position(_ journal: ReadingJournal, _ sequence: UInt64) -> Position {
        Position(epoch: journal.epoch(of: .normal).number, sequence: sequence)
    }

    @Test func acknowledgementsInAnyOrderLeaveNothingBehind() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<20 {
            let fixture = Fixture()
            let journal = try filled(fixture)
            fixture.commit(journal)
            var pieces = stride(from: UInt64(0), to: 4000, by: 37).map { $0..<min($0 + 37, 4000) }
            pieces.shuffle(using: &random)
            for piece in pieces {
                let first = position(journal, piece.lowerBound)
                journal.settle(first..<position(journal, piece.upperBound), of: .normal)
            }
            // 64 ranges are remembered; what was forgotten goes out again, and then all is well.
            var receiver = Receiver()
            receiver.drain(journal)
            #expect(journal.isSettled && receiver.gaps.isEmpty)
        }
    }

    @Test func aRewindSendsAgainWhatIsStillThere() throws {
        let fixture = Fixture()
        do {
            let journal = try filled(fixture)
            fixture.commit(journal)
            var receiver = Receiver()
            receiver.drain(journal)
            #expect(journal.isSettled)
            #expect(journal.rewind(.normal, to: position(journal, 1500)) == position(journal, 1500))
            receiver = Receiver()
            receiver.drain(journal, settling: false)
            #expect(receiver.order == Array(1500..<4000))
            journal.close(anchor: fixture.anchor)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(1500..<4000), "a rewind outlives a restart")
    }
}
