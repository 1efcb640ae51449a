import Telemetry

/// Lets every single call of a journal's life fail, once and for ever from there on, in every way
/// that it can.
///
/// After each step what the journal calls safe is held against a power cut at that moment. Then
/// the disk heals: within the longest retry all that was in memory is written, nothing is lost,
/// and the journal calls itself healthy.
public struct FaultProof {
    public private(set) var report = ProofReport("faults")
    private let stride: Int

    /// Tries one in so many faults; 1 is all of them.
    public init(oneIn stride: Int) {
        self.stride = stride
    }

    /// Sweeps the fixed lives, then so many random ones by seeds that count up.
    public mutating func run(
        seed: UInt64, randomLives: Int, note: (String) -> Void = { _ in }
    ) -> ProofFailure? {
        let random = (0..<UInt64(randomLives)).map { Workload(seed: seed &+ $0, stepCount: 30) }
        for workload in FaultProof.lives + random {
            if let failure = sweep(workload, note) { return failure }
        }
        return nil
    }

    private mutating func sweep(_ workload: Workload, _ note: (String) -> Void) -> ProofFailure? {
        report.add("lives", 1)
        let calls: Int
        do throws(Violation) {
            calls = try FaultCase(workload, nil).run().calls
        } catch {
            return ProofFailure(violation: error, story: "without a fault\n\(workload)")
        }
        report.add("calls", calls)
        for (index, plan) in FaultProof.plans(calls).enumerated() where index % stride == 0 {
            note("\(plan)\n\(workload)")
            do throws(Violation) {
                let outcome = try FaultCase(workload, plan).run()
                report.states += 1
                report.add("of them struck", outcome.hasStruck ? 1 : 0)
                report.add("power cuts", outcome.cuts)
            } catch {
                return shrink(workload, plan, error)
            }
        }
        return nil
    }

    private static func plans(_ calls: Int) -> [FaultPlan] {
        (0..<calls).flatMap { call in
            FaultKind.allCases.flatMap { kind in
                let losses = kind == .inputOutput ? SyncLoss.allCases : [.lost]
                return losses.flatMap { loss in
                    [false, true].map {
                        FaultPlan(call: call, kind: kind, isForEver: $0, syncLoss: loss)
                    }
                }
            }
        }
    }

    private func shrink(
        _ workload: Workload, _ plan: FaultPlan, _ violation: Violation
    ) -> ProofFailure {
        var found = (violation: violation, plan: plan)
        let smallest = workload.shrunk { candidate in
            // With fewer steps it is another call that has to fail.
            for call in 0...plan.call {
                var other = plan
                other.call = call
                do throws(Violation) {
                    try FaultCase(candidate, other).run()
                } catch {
                    guard error.kind == violation.kind else { continue }
                    found = (error, other)
                    return true
                }
            }
            return false
        }
        return ProofFailure(
            violation: found.violation,
            story: "\(found.plan)\n\(smallest)\n\(FaultCase(smallest, found.plan).story())"
                + "found with \(plan) in \(workload.name): \(violation)")
    }
}

/// One life with one fault.
struct FaultCase {
    struct Outcome {
        var calls = 0
        var hasStruck = false
        var cuts = 0
    }

    private let workload: Workload
    private let plan: FaultPlan?

    init(_ workload: Workload, _ plan: FaultPlan?) {
        self.workload = workload
        self.plan = plan
    }

    @discardableResult
    func run() throws(Violation) -> Outcome {
        let disk = SimulatedDisk()
        return try run(on: disk, Player(workload, disk: disk))
    }

    /// The operations of the disk and what came, for the reader of a failure.
    func story() -> String {
        let disk = SimulatedDisk()
        let player = Player(workload, disk: disk)
        do throws(Violation) {
            _ = try run(on: disk, player)
        } catch {
            // What is wrong has been told; here is how it came to it.
        }
        let failed = disk.firstFault.map { "  then \($0.call) of \($0.path) failed first\n" } ?? ""
        return "disk:\n" + disk.log.map { "  \($0)\n" }.joined() + failed
            + player.story
    }

    private func run(on disk: SimulatedDisk, _ player: Player) throws(Violation) -> Outcome {
        var outcome = Outcome()
        var random = SeededRandom(seed: workload.seed)
        disk.faults = plan
        for step in workload.steps {
            try player.play(step)
            if disk.firstFault != nil {
                outcome.cuts += try cutPower(disk, player.ledger, &random)
            }
        }
        outcome.hasStruck = disk.firstFault != nil
        outcome.calls = disk.callCount
        disk.faults = nil
        try heal(player)
        outcome.cuts += try cutPower(disk, player.ledger, &random)
        return outcome
    }

    /// What the journal calls safe outlives a power cut now: with all lost that is not durable,
    /// and in a state drawn at random.
    private func cutPower(
        _ disk: SimulatedDisk, _ ledger: Ledger, _ random: inout SeededRandom
    ) throws(Violation) -> Int {
        let states = CrashStates(disk.present, limit: 6, random: &random)
        let ledger = ledger.frozen(at: disk.log.count)
        let images = Array(states.map { $0.image })
        let chosen = [images.first, images.randomElement(using: &random)].compactMap { $0 }
        for image in chosen {
            let player = Player(workload, disk: SimulatedDisk(image), ledger: ledger)
            _ = try player.inspectAfterCrash()
        }
        return chosen.count
    }

    /// The disk does all that it is asked for again.
    private func heal(_ player: Player) throws(Violation) {
        let longest = Int(workload.options.longestRetry.components.seconds)
        try player.play(.wait(seconds: longest))
        if let claims = player.journal?.claims, claims.readingsInMemory > 0 {
            throw Violation(
                .notHealed, "\(claims.readingsInMemory) readings in memory after \(longest) s")
        }
        try player.play([
            .append(count: 1, textBytes: 0, isUrgent: false), .wait(seconds: longest), .inspect,
        ])
        let claims = player.journal?.claims
        guard claims?.isHealthy == true, claims?.isDurable == true else {
            throw Violation(.notHealed, "it calls itself failing")
        }
    }
}

extension FaultProof {
    /// Lives that come by everything that the journal asks of a disk.
    static var lives: [Workload] {
        [
            Workload(seed: 1, steps: sending),
            Workload(seed: 2, maximumSegments: 4, steps: rolling),
            Workload(seed: 3, maximumSegments: 4, steps: filling),
            Workload(seed: 4, memoryLimit: 30, steps: filling),
        ]
    }

    /// Commits, both urgent and not, sends from memory and from the disk, stops and starts.
    private static let sending: [Step] = [
        .append(count: 5, textBytes: 0, isUrgent: false), .wait(seconds: 10),
        .append(count: 3, textBytes: 300, isUrgent: true), .send(batches: 1, limit: 3),
        .acknowledge(batches: 1), .gap(count: 2), .wait(seconds: 31), .stop,
        .append(count: 4, textBytes: 0, isUrgent: false), .send(batches: 3, limit: 10),
        .acknowledge(batches: 2), .wait(seconds: 31), .kill, .inspect, .send(batches: 9, limit: 9),
        .acknowledge(batches: 9), .stop, .inspect,
    ]

    /// Segments roll, are settled and used again.
    private static let rolling: [Step] = (0..<5).flatMap { _ in
        [
            .append(count: 4, textBytes: 9000, isUrgent: false), .wait(seconds: 10),
            .append(count: 4, textBytes: 9000, isUrgent: false), .wait(seconds: 10),
            .send(batches: 4, limit: 50), .acknowledge(batches: 4), .wait(seconds: 31),
        ]
    }

    /// The oldest is given up, over a restart too.
    private static let filling: [Step] =
        (0..<8).map { _ in
            [.append(count: 6, textBytes: 9000, isUrgent: false), .wait(seconds: 10)]
        }
        .flatMap { $0 } + [.kill, .inspect, .append(count: 6, textBytes: 9000, isUrgent: false)]
        + (0..<4).flatMap { _ in
            [.wait(seconds: 10), .append(count: 6, textBytes: 9000, isUrgent: false)] as [Step]
        } + [.wait(seconds: 10), .inspect]
}
