import Glibc
import Journal
import Platform
import TestSupport
import Testing

@testable import Gateway
@testable import JournalProof

/// The configuration file and its history, on a disk that loses what was not synced.
@Suite struct ConfigurationStoreTests {
    private static let path = SimulatedDisk.root + "/cabinet.yaml"
    private static let old = Array("gateway: old\n".utf8)
    private static let new = Array("gateway: new\n".utf8)
    private static let hand = Array("gateway: hand\n".utf8)

    /// How a life goes on behind the beginning of a trial.
    enum Ending: CaseIterable { case none, confirmed, takenBack }

    /// A disk with the old file on it.
    private func disk(recordsCrashPoints: Bool = false) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let file = try disk.open(Self.path, create: true)
        try file.writeAll(Self.old, at: 0)
        try file.sync()
        try disk.syncDirectory(SimulatedDisk.root)
        return SimulatedDisk(disk.view, recordsCrashPoints: recordsCrashPoints)
    }

    private func store(on disk: SimulatedDisk) -> ConfigurationStore {
        ConfigurationStore(path: Self.path, files: DurableFiles(disk: disk))
    }

    private func begin(_ store: inout ConfigurationStore) throws {
        let version = ConfigurationVersion(
            number: 0, hash: SHA256.hex(of: Self.new), id: "a", origin: "test", time: nil,
            outcome: .tried, reason: "")
        _ = try store.begin(Self.new, version, insteadOf: Self.old, withinSeconds: 60)
    }

    private func finish(_ store: inout ConfigurationStore, _ ending: Ending) throws {
        switch ending {
        case .none: break
        case .confirmed: try store.confirm()
        case .takenBack: try store.takeBack(to: Self.old, because: "test")
        }
    }

    /// The power goes at every operation of a trial and its end, in every way that the disk
    /// allows: the file is the old one or the new one at once, and the old one after the start
    /// unless the confirmation had begun; the new one if it had ended. The same again for every
    /// operation of that start.
    @Test(arguments: Ending.allCases) func powerCutLeavesOldOrConfirmed(_ ending: Ending) throws {
        let disk = try disk(recordsCrashPoints: true)
        var store = store(on: disk)
        try begin(&store)
        let begun = disk.log.count
        try finish(&store, ending)
        let end = disk.log.count
        var states = 0
        for point in disk.crashPoints {
            var allowed = [Self.old]
            if ending == .confirmed, point.operations > begun { allowed.append(Self.new) }
            if ending == .confirmed, point.operations >= end { allowed = [Self.new] }
            states += try visit(point, allowed, depth: 1)
        }
        #expect(states > 100)
    }

    /// The same for a file that was edited at the cabinet before it is applied: what is tried stands
    /// in it already. It stays until the trial is known, for nobody has taken it over yet.
    @Test(arguments: Ending.allCases)
    func powerCutWhileAnEditedFileIsApplied(_ ending: Ending) throws {
        let edited = try disk()
        try store(on: edited).replaceFile(with: Self.new, insteadOf: Self.old)
        let disk = SimulatedDisk(edited.view, recordsCrashPoints: true)
        var store = store(on: disk)
        try begin(&store)
        let begun = disk.log.count
        try finish(&store, ending)
        let end = disk.log.count
        var states = 0
        for point in disk.crashPoints {
            var allowed = [Self.old, Self.new]
            if point.operations >= begun, ending != .confirmed { allowed = [Self.old] }
            if point.operations >= end, ending == .confirmed { allowed = [Self.new] }
            states += try visit(point, allowed, depth: 1)
        }
        #expect(states > 100)
    }

    /// An edit that comes between the look at the file and its replacement is never overwritten.
    @Test func nothingReplacesAnEditThatItHasNotSeen() throws {
        let disk = try disk()
        var store = store(on: disk)
        try store.replaceFile(with: Self.hand, insteadOf: Self.old)
        #expect(throws: ConfigurationStore.Failure.self) { try begin(&store) }
        #expect(throws: ConfigurationStore.Failure.self) { try store.restore(Self.old) }
        #expect(throws: ConfigurationStore.Failure.self) {
            try store.replaceFile(with: Self.new, insteadOf: Self.old)
        }
        #expect(try store.current() == Self.hand)
        #expect(store.history.isEmpty)
        // Kept as a version, it can be had again, and may go.
        let number = try store.setAside(Self.hand, because: "test")
        try begin(&store)
        #expect(try store.current() == Self.new)
        #expect(try store.text(of: number) == Self.hand)
    }

    /// The folder is held by one program at a time, and let go of when it is done.
    @Test func programsTakeTurns() throws {
        let folder = try TestFolder()
        let path = try folder.write("cabinet.yaml", "gateway: old\n")
        let lock = try FolderLock.hold(folder.path)
        let other = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(other) }
        #expect(flock(other, LOCK_EX | LOCK_NB) == -1)
        lock.release()
        try ConfigurationStore(path: path).replaceFile(with: Self.new, insteadOf: Self.old)
        #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
    }

    /// What a power cut has left where the new text is written is not in the way: here, as another
    /// user's file would be, something that cannot be opened.
    @Test func aLeftoverIsReplaced() throws {
        let folder = try TestFolder()
        let path = try folder.write("cabinet.yaml", "gateway: old\n")
        try #require(symlink(folder.path("not/there"), path + ".new") == 0)
        let store = ConfigurationStore(path: path)
        try store.replaceFile(with: Self.new, insteadOf: Self.old)
        #expect(try store.current() == Self.new)
    }

    /// Starts from every state that a crash at this point may leave; how many there were.
    private func visit(_ point: CrashPoint, _ allowed: [[UInt8]], depth: Int) throws -> Int {
        var random = SeededRandom(seed: 1)
        var states = 0
        for (image, answers) in CrashStates(point, limit: 256, random: &random) {
            states += 1
            let found = try #require(image.bytes(of: Self.path), "neither: \(answers)")
            #expect([Self.old, Self.new].contains(found))
            let disk = SimulatedDisk(image, recordsCrashPoints: depth > 0)
            var store = store(on: disk)
            _ = store.recover()
            let text = try store.current()
            #expect(allowed.contains(try #require(text)), "\(answers)")
            #expect(store.state.trial == nil)
            #expect(self.store(on: disk).state.trial == nil)
            guard depth > 0 else { continue }
            let next = allowed.filter { $0 == text }
            for point in disk.crashPoints { states += try visit(point, next, depth: depth - 1) }
        }
        return states
    }

    /// Every call fails once, and from then on: what is said is what is so, and after a start
    /// with a disk that is well again the file is the old one or the confirmed one.
    @Test(arguments: Ending.allCases, [FaultKind.inputOutput, .noSpace, .readOnly, .interrupted])
    func failingDiskLeavesOldOrConfirmed(_ ending: Ending, _ kind: FaultKind) throws {
        for isForEver in [false, true] {
            var call = 0
            var isHit = true
            while isHit {
                let disk = try disk()
                disk.faults = FaultPlan(call: call, kind: kind, isForEver: isForEver)
                let isConfirmed = play(disk, ending)
                isHit = disk.firstFault != nil || call < disk.callCount
                let isSure = disk.firstFault == nil
                disk.faults = nil
                var store = store(on: disk)
                _ = store.recover()
                let text = try store.current()
                let allowed: [[UInt8]] =
                    switch (ending, isConfirmed) {
                    case (.confirmed, true): [Self.new]
                    // The last sync may fail behind a rename that is through.
                    case (.confirmed, false): [Self.old, Self.new]
                    default: [Self.old]
                    }
                #expect(allowed.contains(text ?? []), "\(call) \(kind) \(isForEver)")
                #expect(!isSure || isConfirmed || ending != .confirmed)
                #expect(store.state.trial == nil)
                call += 1
            }
            #expect(call > 20)
        }
    }

    /// Plays a life as far as it goes; whether it was told that it is confirmed.
    private func play(_ disk: SimulatedDisk, _ ending: Ending) -> Bool {
        var store = store(on: disk)
        do {
            try begin(&store)
            try finish(&store, ending)
            return ending == .confirmed
        } catch {
            return false
        }
    }

    /// A start finds a file that somebody has changed by hand: it stays, and the trial is over.
    @Test func handAtTheCabinetGoesFirst() throws {
        let disk = try disk()
        var store = store(on: disk)
        try begin(&store)
        let file = try disk.open(Self.path, create: false)
        try file.truncate(to: 0)
        try file.writeAll(Self.hand, at: 0)
        var next = self.store(on: disk)
        let found = next.recover()
        let recovery = try #require(found)
        #expect(recovery.version.outcome == .replaced)
        #expect(try next.current() == Self.hand)
        #expect(next.state.trial == nil)
    }

    /// What somebody has written into the file while a trial ended is not lost.
    @Test func takingBackKeepsWhatSomebodyWrote() throws {
        let disk = try disk()
        var store = store(on: disk)
        try begin(&store)
        let file = try disk.open(Self.path, create: false)
        try file.truncate(to: 0)
        try file.writeAll(Self.hand, at: 0)
        try store.takeBack(to: Self.old, because: "test")
        #expect(try store.current() == Self.old)
        let kept = try #require(store.history.last)
        #expect(kept.outcome == .unused)
        #expect(try store.text(of: kept) == Self.hand)
        #expect(store.history.map(\.outcome) == [.used, .takenBack, .unused])
    }

    /// A disk that takes nothing at the start: the gateway goes by what was before, and says so.
    @Test func startGoesByTheOldTextThoughTheDiskTakesNothing() throws {
        let disk = try disk()
        var store = store(on: disk)
        try begin(&store)
        disk.faults = FaultPlan(call: 0, kind: .readOnly, isForEver: true)
        var next = self.store(on: disk)
        let found = next.recover()
        let recovery = try #require(found)
        #expect(recovery.text == Self.old)
        #expect(recovery.failure != nil)
    }

    /// What was before is damaged on the card: the new one stays, and that is said.
    @Test func damagedTextIsNotPutBack() throws {
        let disk = try disk()
        var store = store(on: disk)
        try begin(&store)
        let file = try disk.open(Self.path + ".history/1.yaml", create: false)
        try file.writeAll([0], at: 0)
        var next = self.store(on: disk)
        let recovery = next.recover()
        #expect(recovery?.version.outcome == .kept)
        #expect(try next.current() == Self.new)
    }

    /// A damaged `state.json` is told and stops nothing.
    @Test func damagedStateIsToldOf() throws {
        let disk = try disk()
        var first = store(on: disk)
        try begin(&first)
        try disk.open(Self.path + ".history/state.json", create: false).writeAll([0], at: 0)
        var next = store(on: disk)
        #expect(next.damage?.contains("state.json") == true)
        let recovery = next.recover()
        #expect(recovery == nil)
        #expect(next.history.isEmpty)
    }

    /// The last 20 are kept, and no files but theirs.
    @Test func historyIsBounded() throws {
        let disk = try disk()
        var store = store(on: disk)
        var old = Self.old
        for number in 1...30 {
            let text = Array("gateway: c\(number)\n".utf8)
            let version = ConfigurationVersion(
                number: 0, hash: SHA256.hex(of: text), id: "\(number)", origin: "test", time: nil,
                outcome: .tried, reason: "")
            _ = try store.begin(text, version, insteadOf: old, withinSeconds: 60)
            try store.confirm()
            old = text
        }
        let history = self.store(on: disk).history
        #expect(history.map(\.id) == (11...30).map(String.init))
        #expect(history.allSatisfy { $0.outcome == .confirmed })
        let names = try disk.list(Self.path + ".history")
        #expect(Set(names) == Set((12...31).map { "\($0).yaml" } + ["state.json"]))
    }
}
