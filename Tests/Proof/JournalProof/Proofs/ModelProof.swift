import Journal
import Telemetry

/// Long lives at random beside a ledger of every identity, with limits so small that segments
/// roll, are used again and are given up, among stops, kills and power cuts.
public struct ModelProof {
    /// The steps of one life.
    static let steps = 400

    public private(set) var report = ProofReport("model")
    private let lives: Int

    /// Plays so many lives.
    public init(lives: Int) {
        self.lives = lives
    }

    /// Plays the lives by seeds that count up. That all of segments' fates were met is required
    /// too: a proof that met none would prove nothing.
    public mutating func run(seed: UInt64, note: (String) -> Void = { _ in }) -> ProofFailure? {
        for offset in 0..<UInt64(lives) {
            let workload = ModelProof.workload(seed: seed &+ offset)
            note(workload.description)
            let disk = SimulatedDisk()
            let player = Player(workload, disk: disk)
            do throws(Violation) {
                try player.play(workload.steps + [.inspect])
            } catch {
                return shrink(workload, error)
            }
            report.states += workload.steps.count
            report.add("lives", 1)
            report.add("identities", player.ledger.count)
            report.add("gaps for want of room", player.evictions)
            count(disk.log)
        }
        return report.missing(ModelProof.fates).map {
            ProofFailure(violation: Violation(.untested, $0), story: "\(report)")
        }
    }

    /// What every run must have met.
    private static let fates = [
        "segments made", "segments used again", "segments removed", "gaps for want of room",
        "cursor writes",
    ]

    private static func workload(seed: UInt64) -> Workload {
        var workload = Workload(seed: seed, stepCount: steps, powerCuts: true)
        workload.maximumSegments = 4 + Int(seed % 3)
        return workload
    }

    private mutating func count(_ log: [DiskOperation]) {
        let fates = SegmentFates(log)
        report.add("disk operations", log.count)
        report.add("segments made", fates.made)
        report.add("segments used again", fates.usedAgain)
        report.add("segments removed", fates.removed)
        report.add("cursor writes", fates.stateWrites)
    }

    private func shrink(_ workload: Workload, _ violation: Violation) -> ProofFailure {
        var found = violation
        var story = ""
        let smallest = workload.shrunk { candidate in
            let disk = SimulatedDisk()
            let player = Player(candidate, disk: disk)
            do throws(Violation) {
                try player.play(candidate.steps + [.inspect])
                return false
            } catch {
                guard error.kind == violation.kind else { return false }
                found = error
                story = "disk:\n" + disk.log.map { "  \($0)\n" }.joined() + player.story
                return true
            }
        }
        return ProofFailure(
            violation: found,
            story: "\(smallest)\n\(story)found with seed \(workload.seed): \(violation)")
    }
}

/// What became of the segment files, told from the calls that changed them.
private struct SegmentFates {
    private(set) var made = 0
    private(set) var usedAgain = 0
    private(set) var removed = 0
    private(set) var stateWrites = 0
    /// Files written behind their first page since their life began.
    private var inUse: Set<String> = []

    init(_ log: [DiskOperation]) {
        for operation in log {
            if operation.path.contains(".segment") {
                note(operation)
            } else if case .write = operation.action {
                stateWrites += 1
            }
        }
    }

    private mutating func note(_ operation: DiskOperation) {
        switch operation.action {
        case .create: made += 1
        case .remove:
            removed += 1
            inUse.remove(operation.path)
        case .write(let count, let offset) where offset + count < JournalOptions.smallestSegment:
            if offset > 0 {
                inUse.insert(operation.path)
            } else if inUse.remove(operation.path) != nil {
                usedAgain += 1
            }
        default: break
        }
    }
}
