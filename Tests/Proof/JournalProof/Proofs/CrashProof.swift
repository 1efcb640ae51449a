import Glibc
import Telemetry

/// Cuts the power at every point of a journal's life, in every way that the disk allows, and
/// looks at what is found afterwards.
///
/// A short life is visited whole: every state of every point, and again every state of every
/// point of the recovery from each. Of a long one, in which segments roll, wrap and are given up,
/// the states of each point are a sample by the seed, and so are the recoveries that are cut.
public struct CrashProof {
    /// The longest life, in changing operations, that is visited whole.
    static let exhaustiveOperations = 40
    /// The most states of one point of a short life and of its recoveries: of the few points that
    /// have more it is a sample.
    static let exhaustiveStates = 4096
    /// The most states of one point of a longer life, and of one of its recoveries.
    static let sampledStates = 5
    static let sampledSecondStates = 3
    /// One in so many recoveries of a longer life is cut again, one that follows the kill of the
    /// process alone more often: what was not durable is still in the page cache then.
    static let secondCuts = 40
    static let secondCutsAfterKill = 8
    /// One in so many points of such a recovery is visited.
    static let secondPoints = 3
    /// One in so many lives is short.
    static let shortLives = 40

    public private(set) var report = ProofReport("crash")
    private let wanted: Int

    /// Visits so many states of random lives.
    public init(states: Int) {
        wanted = states
    }

    /// Visits states until there are enough; the seed counts up from one life to the next. The
    /// lives in which something was found once come first, and whole, if asked for.
    public mutating func run(
        seed: UInt64, withKnownLives: Bool = true, note: (String) -> Void = { _ in }
    ) -> ProofFailure? {
        for workload in withKnownLives ? CrashProof.knownLives : [] {
            if let failure = explore(workload, limit: .max, isWhole: true, note) { return failure }
        }
        var seed = seed
        let end = report.states + wanted
        while report.states < end {
            let workload = CrashProof.workload(seed: seed)
            let failure = explore(workload, limit: end - report.states, note)
            if let failure { return failure }
            seed += 1
        }
        return nil
    }

    private mutating func explore(
        _ workload: Workload, limit: Int, isWhole: Bool = false, _ note: (String) -> Void
    ) -> ProofFailure? {
        note(workload.description)
        var explorer = CrashExplorer(workload, limit: limit, isWhole: isWhole)
        defer { report.add(explorer.counts) }
        do throws(CrashFailure) {
            try explorer.run()
            return nil
        } catch {
            return shrink(workload, error, within: explorer.counts.states)
        }
    }

    static func workload(seed: UInt64) -> Workload {
        let isShort = seed % UInt64(shortLives) == 1
        let steps = isShort ? 3 + Int(seed / UInt64(shortLives) % 5) : 40 + Int(seed % 7) * 20
        return Workload(seed: seed, stepCount: steps)
    }

    private func shrink(
        _ workload: Workload, _ failure: CrashFailure, within states: Int
    ) -> ProofFailure {
        var smallest = (workload: workload, failure: failure)
        smallest.workload = workload.shrunk { candidate in
            var explorer = CrashExplorer(candidate, limit: max(2 * states, 2000))
            do throws(CrashFailure) {
                try explorer.run()
                return false
            } catch {
                guard error.violation.kind == failure.violation.kind else { return false }
                smallest.failure = error
                return true
            }
        }
        return ProofFailure(
            violation: smallest.failure.violation,
            story: "\(smallest.workload)\n\(smallest.failure.story)\n"
                + "found with seed \(workload.seed): \(failure.violation)")
    }
}

/// A crash after which a promise does not hold.
struct CrashFailure: Error {
    var violation: Violation
    /// The disk's operations up to the crash, and what it left of them; then the same for a crash
    /// of the recovery.
    var story: String
}

/// The crashes of one life.
struct CrashExplorer {
    private let workload: Workload
    private let limit: Int
    private var random: SeededRandom
    private var isWhole: Bool
    private(set) var counts = ProofCounts()

    /// What is done after a crash: everything is looked at, and the journal goes on.
    static let afterCrash: [Step] = [
        .inspect, .append(count: 3, textBytes: 40, isUrgent: false), .wait(seconds: 10),
    ]

    /// At most so many states; those of a life that is short, or is to be visited whole, are all.
    init(_ workload: Workload, limit: Int, isWhole: Bool = false) {
        self.workload = workload
        self.limit = limit
        self.isWhole = isWhole
        random = SeededRandom(seed: workload.seed)
    }

    mutating func run() throws(CrashFailure) {
        let disk = SimulatedDisk(recordsCrashPoints: true)
        let player = Player(workload, disk: disk)
        do throws(Violation) {
            try player.play(workload.steps)
        } catch {
            throw CrashFailure(violation: error, story: "without a crash")
        }
        counts.lives += 1
        counts.operations += disk.log.count
        isWhole = isWhole || disk.log.count <= CrashProof.exhaustiveOperations
        for point in disk.crashPoints where counts.states < limit {
            let ledger = player.ledger.frozen(at: point.operations)
            try cut(at: point, disk.log, ledger, isSecond: false)
        }
    }

    /// Visits the states of a point, and cuts some of the recoveries again unless this is one.
    private mutating func cut(
        at point: CrashPoint, _ log: [DiskOperation], _ ledger: Ledger, isSecond: Bool
    ) throws(CrashFailure) {
        let sampled = isSecond ? CrashProof.sampledSecondStates : CrashProof.sampledStates
        var states = CrashStates(
            point, limit: isWhole ? CrashProof.exhaustiveStates : sampled, random: &random)
        counts.points += 1
        if states.isExhaustive { counts.exhaustivePoints += 1 }
        while let (image, answers) = states.next(), counts.states < limit {
            counts.states += 1
            let isCut = !isSecond && (isWhole || random.isOne(in: CrashProof.secondCuts))
            do throws(CrashFailure) {
                try recover(SimulatedDisk(image, recordsCrashPoints: isCut), ledger)
            } catch {
                let story = point.story(states.questions, answers, log)
                throw CrashFailure(violation: error.violation, story: story + error.story)
            }
        }
        if !isSecond { try kill(at: point, log, ledger) }
    }

    /// The process alone is killed, and the power goes during the next one's recovery.
    private mutating func kill(
        at point: CrashPoint, _ log: [DiskOperation], _ ledger: Ledger
    ) throws(CrashFailure) {
        counts.states += 1
        let isCut = isWhole || random.isOne(in: CrashProof.secondCutsAfterKill)
        do throws(CrashFailure) {
            try recover(SimulatedDisk(after: point, recordsCrashPoints: isCut), ledger)
        } catch {
            let story = point.story([], [], log) + "the process alone was killed\n"
            throw CrashFailure(violation: error.violation, story: story + error.story)
        }
    }

    /// Starts on what a crash left, looks at it, goes on, and starts again. If the disk keeps its
    /// crash points the power goes again at every one of them.
    private mutating func recover(_ disk: SimulatedDisk, _ ledger: Ledger) throws(CrashFailure) {
        let player = Player(workload, disk: disk, ledger: ledger)
        let wasDurable = disk.isDurable
        var next: Player?
        do throws(Violation) {
            let found = try player.inspectAfterCrash()
            try player.play(CrashExplorer.afterCrash)
            let losesPower = random.isOne(in: 2)
            let again = Player(
                workload, disk: SimulatedDisk(losesPower ? disk.medium : disk.view),
                ledger: player.ledger.frozen(at: disk.log.count))
            next = again
            let foundAgain = try again.inspectAfterCrash()
            if wasDurable || !losesPower { try found.requireSame(foundAgain) }
        } catch {
            let came = player.story + (next.map { "after another start:\n" + $0.story } ?? "")
            throw CrashFailure(violation: error, story: came)
        }
        guard !disk.crashPoints.isEmpty else { return }
        counts.cutRecoveries += 1
        for point in disk.crashPoints where counts.states < limit {
            guard isWhole || random.isOne(in: CrashProof.secondPoints) else { continue }
            let frozen = player.ledger.frozen(at: point.operations)
            try cut(at: point, disk.log, frozen, isSecond: true)
        }
    }
}

extension Player {
    /// Opens and looks at everything that is owed.
    func inspectAfterCrash() throws(Violation) -> Pass {
        try open()
        return try inspect()
    }
}

extension CrashPoint {
    /// The operations up to here, and what the crash left of those that were not durable.
    fileprivate func story(
        _ questions: [CrashQuestion], _ answers: [Int], _ log: [DiskOperation]
    ) -> String {
        let done = log.prefix(operations).enumerated().map { "  \($0.offset): \($0.element)" }
        let left = zip(questions, answers).map { question, answer in
            "  " + question.describe(answer, of: self)
        }
        return (["disk:"] + done + ["crash after operation \(operations), which left:"] + left)
            .joined(separator: "\n") + "\n"
    }
}
