import Glibc
import Journal
import Telemetry
import Testing

/// What the journal promises its owner, against the machine's own file system.
@Suite struct PromiseTests {
    @Test func acknowledgedInTimeNeverTouchesTheDisk() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        let written = journal.statistics.bytesWritten
        for round in 0..<100 {
            journal.append(fixture.readings(50, from: round * 50), now: fixture.now)
            fixture.now = fixture.now + .seconds(1)
            var receiver = Receiver()
            receiver.drain(journal)
            #expect(receiver.order.count == 50)
            journal.commitIfDue(anchor: fixture.anchor)
        }
        #expect(journal.statistics.bytesWritten == written)
        #expect(journal.commitDue == nil)
    }

    @Test func unacknowledgedAreSentAgainAfterAKill() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            journal.append(fixture.readings(1000), now: fixture.now)
            fixture.commit(journal)
            #expect(journal.statistics.readingsInMemory == 0)
            journal.append(fixture.readings(5, from: 1000), now: fixture.now)
        }
        let journal = try fixture.reopen()
        var receiver = Receiver()
        receiver.drain(journal)
        #expect(receiver.order == Array(0..<1000))
        #expect(receiver.gaps.isEmpty)
    }

    @Test func killBetweenCommitAndSettleSendsAgainWithTheSameIdentity() throws {
        let fixture = Fixture()
        var receiver = Receiver()
        do {
            let journal = try fixture.open()
            journal.append(fixture.readings(300), now: fixture.now)
            fixture.commit(journal)
            receiver.drain(journal)
        }
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<300) + Array(0..<300))
        #expect(receiver.values.count == 300)
    }

    @Test func cleanStopSendsNothingTwice() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            journal.append(fixture.readings(300), now: fixture.now)
            fixture.commit(journal)
            var receiver = Receiver()
            receiver.drain(journal)
            journal.close(anchor: fixture.anchor)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order.isEmpty && receiver.gaps.isEmpty)
    }

    @Test func closeCommitsWhatIsNotAcknowledged() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            journal.append(fixture.readings(7), now: fixture.now)
            journal.close(anchor: fixture.anchor)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<7))
    }

    @Test func epochIsNeverUsedAgain() throws {
        let fixture = Fixture()
        var seen: Set<Epoch> = []
        for round in 0..<20 {
            let journal = try fixture.reopen()
            #expect(Priority.allCases.allSatisfy { seen.insert(journal.epoch(of: $0)).inserted })
            if round % 3 == 0 {
                journal.append(fixture.readings(1), now: fixture.now)
                fixture.commit(journal)
            }
            if round == 9 {
                let state = FileTree(fixture.directory).paths.filter { $0.hasSuffix("/state") }
                overwrite(state[0], at: 0, { $0[20] ^= 1 }, count: 64)
            }
            if round == 14 {
                let state = FileTree(fixture.directory).paths.filter { $0.hasSuffix("/state") }
                overwrite(state[0], at: 0, { $0 = $0.map { _ in 0xFF } }, count: 8192)
            }
        }
        #expect(Set(seen.map(\.journal)).count == 2)
    }

    @Test func theDirectoryIsMadeWithItsParents() throws {
        let fixture = Fixture()
        let deep = fixture.directory + "/var/lib/journal"
        do {
            let journal = try ReadingJournal(
                directory: deep, points: fixture.points, anchor: fixture.anchor)
            #expect(journal.statistics.isDurable)
        }
        for name in ["/state", "/clock"] { unlink(deep + name) }
        for path in [deep, fixture.directory + "/var/lib", fixture.directory + "/var"] {
            rmdir(path)
        }
    }

    @Test func anotherProcessIsKeptOut() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        #expect {
            try fixture.open()
        } throws: { error in
            (error as? JournalError)?.code == .inUse
        }
        withExtendedLifetime(journal) {}
    }

    @Test func smallCommitIsOnePageAndOneSync() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        journal.append(fixture.readings(40), now: fixture.now)
        fixture.commit(journal)
        let before = journal.statistics
        journal.append(fixture.readings(40), now: fixture.now)
        fixture.commit(journal)
        let after = journal.statistics
        #expect(after.bytesWritten - before.bytesWritten == 4096)
        #expect(after.syncs - before.syncs == 1)
    }

    @Test func commitIsDueAtTheDeadlineOfTheOldest() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        #expect(journal.commitDue == nil)
        let first = fixture.now
        journal.append(fixture.readings(1), now: first)
        fixture.now = fixture.now + .seconds(4)
        journal.append(fixture.readings(1), now: fixture.now)
        #expect(journal.commitDue == first + .seconds(10))
        journal.commitIfDue(anchor: fixture.anchor)
        #expect(journal.statistics.commits == 0)
        fixture.now = first + .seconds(10)
        journal.commitIfDue(anchor: fixture.anchor)
        #expect(journal.statistics.commits == 1)
        #expect(journal.statistics.readingsInMemory == 0)
    }

    @Test func urgentIsDueAtOnce() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        journal.append(fixture.readings(1, urgent: true), now: fixture.now)
        #expect(journal.commitDue == fixture.now)
        journal.commitIfDue(anchor: fixture.anchor)
        #expect(journal.statistics.readingsInMemory == 0)
        journal.append(fixture.readings(1), now: fixture.now)
        #expect(journal.commitDue == fixture.now + fixture.options.commitDeadline)
    }

    @Test func memoryLimitCommitsEarly() throws {
        let fixture = Fixture { $0.memoryLimit = 100 }
        let journal = try fixture.open()
        journal.append(fixture.readings(101), now: fixture.now)
        #expect(journal.statistics.readingsInMemory == 0)
        #expect(journal.statistics.commits == 1)
    }

    @Test func longAbsenceIsKeptInOrderAcrossSegments() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            for round in 0..<60 {
                journal.append(fixture.readings(500, from: round * 500), now: fixture.now)
                fixture.commit(journal)
            }
            #expect(FileTree(fixture.directory).segments.count > 3)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<30_000))
        #expect(receiver.gaps.isEmpty)
    }

    @Test func fullJournalGivesUpTheOldestAndSaysSo() throws {
        let fixture = Fixture { $0.maximumBytes = 4 * 64 * 1024 }
        let journal = try fixture.open()
        fixture.fill(journal, commits: 200)
        #expect(journal.statistics.bytesOnDisk <= 4 * 64 * 1024)
        var receiver = Receiver()
        receiver.drain(journal, settling: false)
        let gap = try #require(receiver.gaps.first)
        #expect(receiver.gaps.count == 1 && gap.reason == .journalFull && gap.first == 0)
        #expect(receiver.order == Array(Int64(gap.count)..<20_000))
        #expect(journal.statistics.evicted == gap.count)
    }

    @Test func fullJournalTellsTheSameAfterAKill() throws {
        let fixture = Fixture { $0.maximumBytes = 3 * 64 * 1024 }
        for start in 0..<4 {
            let journal = try fixture.reopen()
            for round in 0..<30 {
                journal.append(
                    fixture.readings(100, from: start * 3000 + round * 100), now: fixture.now)
                fixture.commit(journal)
            }
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        let lost = receiver.gaps.reduce(0) { $0 + $1.count }
        #expect(receiver.gaps.allSatisfy { $0.reason == .journalFull })
        #expect(receiver.values.count + Int(lost) == 12_000)
        #expect(receiver.order == Array(Int64(lost)..<12_000))
    }

    @Test func filesAreUsedAgainOnceSettled() throws {
        let fixture = Fixture { $0.retainedBytes = 2 * 64 * 1024 }
        let journal = try fixture.open()
        var receiver = Receiver()
        for round in 0..<300 {
            journal.append(fixture.readings(100, from: round * 100), now: fixture.now)
            fixture.commit(journal)
            receiver.drain(journal)
        }
        #expect(receiver.order == Array(0..<30_000))
        #expect(FileTree(fixture.directory).segments.count <= 4)
        var again = Receiver()
        again.drain(journal)
        #expect(again.order.isEmpty)
    }

    @Test func gapsOfTheIntakeTakeTheirPlaceInTheOrder() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            journal.append(fixture.readings(10), now: fixture.now)
            journal.recordGap(count: 5, reason: .memoryFull, now: fixture.now)
            journal.append(fixture.readings(10, from: 15), now: fixture.now)
            fixture.commit(journal)
        }
        var receiver = Receiver()
        receiver.drain(try fixture.reopen())
        #expect(receiver.order == Array(0..<10) + Array(15..<25))
        #expect(receiver.gaps.map(\.first) == [10] && receiver.gaps.map(\.count) == [5])
    }

    @Test func everyKindOfValueComesBackBitForBit() throws {
        let fixture = Fixture()
        let values: [Value?] = [
            nil, .bool(true), .bool(false), .int64(.min), .int64(.max), .uint64(.max),
            .double(-0.0),
            .double(.nan), .double(.infinity), .double(.leastNonzeroMagnitude), .double(0.1),
            .double(230.1),
            .string(""), .string("città ☃"), .string(String(repeating: "x", count: 30_000)),
        ]
        var batch = ReadingBatch()
        for (index, value) in values.enumerated() {
            let point = try #require(
                fixture.points.intern(Point(device: "d\(index % 3)", name: "p\(index)")))
            batch.append(
                point: point, value: value, quality: value == nil ? .timeout : .good,
                at: Instant(nanoseconds: index == 4 ? .min : Int64(index)))
        }
        do {
            let journal = try fixture.open()
            journal.append(batch, now: fixture.now)
            fixture.commit(journal)
        }
        let journal = try fixture.reopen()
        var position = journal.start(of: .normal)
        var index = 0
        while let next = journal.nextBatch(
            of: .normal, after: position, maximumReadings: 4)
        {
            guard case .readings(let readings) = next.content else {
                Issue.record("a gap")
                return
            }
            for offset in 0..<readings.count {
                let (got, sent) = (readings[offset], batch[index])
                #expect(got.quality == sent.quality && got.instant == sent.instant)
                #expect(fixture.points[got.point]?.name == "p\(index)")
                #expect(readings.kinds[offset] == batch.kinds[index])
                if case .string = sent.value {
                    #expect(got.value == sent.value)
                } else {
                    #expect(readings.bits[offset] == batch.bits[index])
                }
                index += 1
            }
            position = next.end
        }
        #expect(index == values.count)
    }

    @Test func readingsOfAnEarlierBootGetItsTime() throws {
        let fixture = Fixture()
        do {
            let journal = try fixture.open()
            journal.append(fixture.readings(3), now: fixture.now)
            fixture.commit(journal)
        }
        let before = fixture.anchor
        fixture.boot = BootID(high: 2, low: 2)
        fixture.now = Instant(nanoseconds: 5)
        let journal = try fixture.reopen()
        journal.append(fixture.readings(3, from: 3), now: fixture.now)
        var receiver = Receiver()
        receiver.drain(journal)
        #expect(receiver.anchors.map(\.boot) == [before.boot, fixture.boot])
        let instant = Instant(nanoseconds: 2_000_000_000)
        #expect(receiver.anchors.first?.wallTime(at: instant) == before.wallTime(at: instant))
        #expect(receiver.anchors.first?.quality == .synchronized)
    }
}
