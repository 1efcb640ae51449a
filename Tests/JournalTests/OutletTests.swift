import Journal
import Telemetry
import TestSupport
import Testing

/// Several platforms take readings out of one journal, each at its own pace.
@Suite struct OutletTests {
    private func opened(_ fixture: Fixture, _ names: [String]) throws -> ReadingJournal {
        let journal = try fixture.reopen()
        journal.replaceOutlets(names)
        return journal
    }

    @Test func aReadingStaysUntilAllHaveIt() throws {
        let fixture = Fixture()
        let journal = try opened(fixture, ["city", "home"])
        let (city, home) = (journal.outlet(named: "city"), journal.outlet(named: "home"))
        journal.append(fixture.readings(500), now: fixture.now)
        var first = Receiver()
        first.drain(journal, by: city)
        #expect(first.order == Array(0..<500))
        #expect(journal.isSettled(by: city) && !journal.isSettled(by: home))
        #expect(journal.statistics.readingsInMemory == 500)
        var second = Receiver()
        second.drain(journal, by: home)
        #expect(second.values.keys == first.values.keys && second.order == first.order)
        #expect(journal.isSettled && journal.statistics.readingsInMemory == 0)
    }

    @Test func theOneThatIsUpCostsTheOtherNothing() throws {
        let fixture = Fixture()
        let journal = try opened(fixture, ["city", "home"])
        let (city, home) = (journal.outlet(named: "city"), journal.outlet(named: "home"))
        var (first, second) = (Receiver(), Receiver())
        for round in 0..<20 {
            journal.append(fixture.readings(100, from: round * 100), now: fixture.now)
            first.drain(journal, by: city)
            fixture.commit(journal)
        }
        #expect(first.order == Array(0..<2000) && first.gaps.isEmpty)
        #expect(journal.unsettledOnDisk(by: city) == 0)
        #expect(journal.unsettledOnDisk(by: home) == 2000)
        second.drain(journal, by: home)
        #expect(second.order == first.order && second.gaps.isEmpty && journal.isSettled)
    }

    @Test func aRestartGoesOnWhereEachWas() throws {
        let fixture = Fixture()
        do {
            let journal = try opened(fixture, ["city", "home"])
            journal.append(fixture.readings(1000), now: fixture.now)
            fixture.commit(journal)
            var receiver = Receiver()
            receiver.drain(journal, by: journal.outlet(named: "city"))
            journal.close(anchor: fixture.anchor)
        }
        // The order in the configuration does not matter.
        let journal = try opened(fixture, ["home", "city"])
        var (home, city) = (Receiver(), Receiver())
        city.drain(journal, by: journal.outlet(named: "city"))
        home.drain(journal, by: journal.outlet(named: "home"))
        #expect(city.order.isEmpty && city.gaps.isEmpty)
        #expect(home.order == Array(0..<1000) && home.gaps.isEmpty)
    }

    @Test func aNewOneBeginsWithWhatIsKeptAndOneThatLeftHoldsNothing() throws {
        let fixture = Fixture()
        let journal = try opened(fixture, ["city", "home"])
        journal.append(fixture.readings(1000), now: fixture.now)
        fixture.commit(journal)
        var receiver = Receiver()
        receiver.drain(journal, by: journal.outlet(named: "city"))
        journal.replaceOutlets(["city"])
        #expect(journal.isSettled, "only `home` was owed something")
        journal.append(fixture.readings(10, from: 1000), now: fixture.now)
        journal.replaceOutlets(["city", "scada"])
        journal.replaceOutlets(["city", "scada", "late"])
        var late = Receiver()
        late.drain(journal, by: journal.outlet(named: "late"))
        #expect(late.order == Array(1000..<1010))
    }

    @Test func withOneOutletThereIsNoFile() throws {
        let fixture = Fixture()
        do {
            let journal = try opened(fixture, ["city", "home"])
            journal.append(fixture.readings(100), now: fixture.now)
            fixture.commit(journal)
            var receiver = Receiver()
            receiver.drain(journal, by: journal.outlet(named: "city"))
            journal.close(anchor: fixture.anchor)
        }
        #expect(FileTree(fixture.directory).paths.contains { $0.hasSuffix("/outlets") })
        let journal = try opened(fixture, ["city"])
        #expect(journal.isSettled, "what `city` has settled is not sent again")
        journal.append(fixture.readings(1, from: 100), now: fixture.now)
        journal.close(anchor: fixture.anchor)
        #expect(!FileTree(fixture.directory).paths.contains { $0.hasSuffix("/outlets") })
    }

    /// The cursors are a hint: torn, foreign or gone, readings go out again and none is lost.
    @Test(arguments: [0, 20, 100, 4092]) func aDamagedFileLosesNothing(offset: Int) throws {
        let fixture = Fixture()
        do {
            let journal = try opened(fixture, ["city", "home"])
            journal.append(fixture.readings(300), now: fixture.now)
            fixture.commit(journal)
            var receiver = Receiver()
            receiver.drain(journal, by: journal.outlet(named: "city"))
            journal.close(anchor: fixture.anchor)
        }
        overwrite(fixture.directory + "/outlets", at: offset, { $0[0] ^= 0x55 }, count: 1)
        let journal = try opened(fixture, ["city", "home"])
        var (city, home) = (Receiver(), Receiver())
        city.drain(journal, by: journal.outlet(named: "city"))
        home.drain(journal, by: journal.outlet(named: "home"))
        #expect(city.order == Array(0..<300), "the damaged page is the first: that of `city`")
        #expect(home.order == Array(0..<300))
    }

    /// Acknowledgements in any order by three platforms, kills in between: everyone gets all.
    @Test(arguments: 0..<12 as Range<UInt64>) func everyoneGetsEverything(seed: UInt64) throws {
        let fixture = Fixture()
        let names = ["a", "b", "c"]
        var random = SplitMix(seed: seed)
        var receivers = [Receiver](repeating: Receiver(), count: 3)
        var count = 0
        for _ in 0..<8 {
            let journal = try opened(fixture, names)
            for _ in 0..<10 {
                let more = Int.random(in: 1...80, using: &random)
                journal.append(fixture.readings(more, from: count), now: fixture.now)
                count += more
                for index in 0..<3 where Bool.random(using: &random) {
                    let outlet = journal.outlet(named: names[index])
                    take(some: journal, outlet, &receivers[index], &random)
                }
                if Bool.random(using: &random) { fixture.commit(journal) }
            }
            // What no outlet has and no commit has written would be lost by a kill.
            journal.close(anchor: fixture.anchor)
        }
        let journal = try opened(fixture, names)
        for index in 0..<3 {
            receivers[index].drain(journal, by: journal.outlet(named: names[index]))
            #expect(Set(receivers[index].order) == Set(0..<Int64(count)))
            #expect(receivers[index].gaps.isEmpty)
        }
        #expect(journal.isSettled)
    }

    /// Takes batches in order and settles some of them.
    private func take(
        some journal: ReadingJournal, _ outlet: Outlet, _ receiver: inout Receiver,
        _ random: inout SplitMix
    ) {
        var position = journal.start(of: .normal, for: outlet)
        while let batch = journal.nextBatch(
            of: .normal, after: position, maximumReadings: 37, for: outlet)
        {
            receiver.take(batch)
            if Int.random(in: 0..<4, using: &random) > 0 {
                journal.settle(batch.begin..<batch.end, of: .normal, by: outlet)
            }
            position = batch.end
        }
    }
}
