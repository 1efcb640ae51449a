import Buses
import Telemetry

/// The requests of a device's poll groups, and what refusals have taught about them.
///
/// A block that the device refuses is cut in two at its middle gap, and its halves are asked from
/// then on. Where both halves are answered, the cut is what the device did not like: it is kept as a
/// hole, for ever. A half that is refused is cut again. What remains is a wanted register that the
/// device does not have; it is asked by itself, seldom. So each refusal costs one request more a
/// poll until the culprit is found: at most 7 times for 125 registers.
struct RegisterPlan {
    /// How long a register that the device has refused is not asked.
    static let pardon = Duration.seconds(600)

    /// A cut that is being tried.
    private struct Trial {
        var gap: Range<Int>
        var left: RegisterBlock
        var right: RegisterBlock
        var isLeftAnswered = false
        var isRightAnswered = false
    }

    private let planner: BlockPlanner
    /// For each group its members by table.
    private var groups: [[RegisterTable: [RegisterBlock.Member]]] = []
    /// For each group its requests.
    private(set) var blocks: [[RegisterBlock]] = []
    private(set) var holes: RegisterHoles
    private var trials: [Trial] = []
    /// Members that the device has refused, and when they are asked again.
    private var refused: [RegisterBlock.Member: Instant] = [:]

    /// A plan without groups.
    init(planner: BlockPlanner, holes: RegisterHoles) {
        self.planner = planner
        self.holes = holes
    }

    /// Plans the requests of these groups.
    mutating func arrange(_ groups: [[RegisterTable: [RegisterBlock.Member]]]) {
        self.groups = groups
        replan()
    }

    private mutating func replan() {
        trials = []
        blocks = groups.map { members in
            RegisterTable.allCases.flatMap { table in
                planner.plan(members[table] ?? [], in: table, avoiding: holes)
            }
        }
        for group in blocks.indices {
            for member in refused.keys { isolate(member, in: group) }
        }
    }

    /// Whether a block is a register that was refused, and is not to be asked yet.
    func isRefused(_ block: RegisterBlock, at now: Instant) -> Bool {
        guard block.members.count == 1, let until = refused[block.members[0]] else { return false }
        return now < until
    }

    // MARK: Learning

    /// The device has answered a block. Returns whether a hole was learned.
    mutating func answered(_ block: RegisterBlock) -> Bool {
        if !refused.isEmpty, block.members.count == 1 { refused[block.members[0]] = nil }
        guard !trials.isEmpty else { return false }
        for index in trials.indices {
            if trials[index].left == block { trials[index].isLeftAnswered = true }
            if trials[index].right == block { trials[index].isRightAnswered = true }
        }
        guard let index = trials.firstIndex(where: { $0.isLeftAnswered && $0.isRightAnswered })
        else { return false }
        let trial = trials.remove(at: index)
        guard holes.add(trial.gap, in: block.table) else { return false }
        // Other cuts of the same search may have been innocent.
        if trials.isEmpty { replan() }
        return true
    }

    /// The device has refused a block: it is cut, or its register left alone for a while.
    mutating func refuse(_ block: RegisterBlock, of group: Int, at now: Instant) {
        guard let index = blocks[group].firstIndex(of: block) else { return }
        trials.removeAll { $0.left == block || $0.right == block }
        guard let cut = block.middle else {
            // Points that overlap share the verdict.
            for member in block.members { refused[member] = now + Self.pardon }
            if block.members.count > 1 {
                blocks[group].replaceSubrange(
                    index...index,
                    with: block.members.map { RegisterBlock([$0], in: block.table) })
            }
            return
        }
        let left = RegisterBlock(block.members[..<cut.index], in: block.table)
        let right = RegisterBlock(block.members[cut.index...], in: block.table)
        blocks[group].replaceSubrange(index...index, with: [left, right])
        trials.append(Trial(gap: cut.gap, left: left, right: right))
    }

    /// Takes a refused member out of the block that it would spoil.
    private mutating func isolate(_ member: RegisterBlock.Member, in group: Int) {
        guard
            let index = blocks[group].firstIndex(where: {
                $0.members.count > 1 && $0.members.contains(member)
            })
        else { return }
        let block = blocks[group][index]
        guard let place = block.members.firstIndex(of: member) else { return }
        let parts = [
            block.members[..<place], block.members[place...place], block.members[(place + 1)...],
        ]
        blocks[group].replaceSubrange(
            index...index,
            with: parts.filter { !$0.isEmpty }.map { RegisterBlock($0, in: block.table) })
    }
}
