import Journal
import Telemetry
import Testing

/// Counts that survive a restart.
@Suite struct KeptCountsTests {
    /// Does something with the journal of a fixture, and lets go of it as a kill does.
    private func run(_ fixture: Fixture, _ body: (ReadingJournal) throws -> Void) throws {
        try body(try fixture.reopen())
    }

    @Test func aCountIsThereAfterAStopAndAfterItsDeadline() throws {
        let fixture = Fixture()
        try run(fixture) { journal in
            #expect(journal.keptCounts.count(named: "meter/energy") == nil)
            #expect(journal.keep(count: 10, named: "meter/energy", since: fixture.now))
            journal.close(anchor: fixture.anchor)
        }
        try run(fixture) { journal in
            #expect(journal.keptCounts.count(named: "meter/energy") == 10)
            #expect(journal.keep(count: 20, named: "meter/energy", since: fixture.now))
            #expect(journal.commitDue == fixture.now + fixture.options.commitDeadline)
            fixture.now = fixture.now + fixture.options.commitDeadline
            journal.commitIfDue(anchor: fixture.anchor)
            #expect(journal.commitDue == nil)
            #expect(journal.keep(count: 30, named: "meter/energy", since: fixture.now))
        }
        try run(fixture) { journal in
            #expect(journal.keptCounts.count(named: "meter/energy") == 20)
        }
    }

    @Test func countsAreWrittenOnlyWhenTheyChange() throws {
        let fixture = Fixture()
        let journal = try fixture.open()
        #expect(journal.keep(count: 10, named: "a", since: fixture.now))
        fixture.now = fixture.now + .seconds(10)
        journal.commitIfDue(anchor: fixture.anchor)
        let bytes = journal.statistics.bytesWritten
        #expect(journal.keep(count: 10, named: "a", since: fixture.now))
        fixture.now = fixture.now + .seconds(60)
        journal.commitIfDue(anchor: fixture.anchor)
        #expect(journal.statistics.bytesWritten == bytes)
    }

    @Test func aDeadCountGoesForANewOneAndALivingOneDoesNot() throws {
        let fixture = Fixture()
        try run(fixture) { journal in
            for index in 0..<KeptCounts.limit {
                #expect(journal.keep(count: 1, named: "old-\(index)", since: fixture.now))
            }
            #expect(!journal.keep(count: 1, named: "new", since: fixture.now))
            journal.close(anchor: fixture.anchor)
        }
        try run(fixture) { journal in
            for index in 1..<KeptCounts.limit {
                #expect(journal.keep(count: 2, named: "old-\(index)", since: fixture.now))
            }
            #expect(journal.keep(count: 3, named: "new", since: fixture.now))
            #expect(journal.keptCounts.count(named: "old-0") == nil)
            #expect(!journal.keep(count: 1, named: "another", since: fixture.now))
        }
    }
}
