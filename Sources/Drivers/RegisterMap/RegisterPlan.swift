import Buses
import Telemetry

/// The requests of a device's poll groups, and what refusals have taught about them.
///
/// A block that the device refuses is cut in two at its middle gap, and its halves are asked from
/// then on. Where both halves are answered, and the whole is refused once more, the cut is what the
/// device did not like: it is kept as a hole, for ever. A half that is refused is cut again. What
/// remains is a wanted register that the device does not have; it is asked by itself, seldom. So
/// each refusal costs one request more a poll until the culprit is found: at most 7 times for 125
/// registers.
struct RegisterPlan {
    /// The most blocks that are cut in one poll, so that a device that refuses everything does not
    /// suddenly need the whole line.
    static let cutsPerPoll = 2

    /// A cut that is being tried.
    private struct Trial {
        var gap: Range<Int>
        var whole: RegisterBlock
        var left: RegisterBlock
        var right: RegisterBlock
        var isLeftAnswered = false
        var isRightAnswered = false

        var isAnswered: Bool { isLeftAnswered && isRightAnswered }
    }

    private let planner: BlockPlanner
    /// For each group its members by table.
    private var groups: [[RegisterTable: [RegisterBlock.Member]]] = []
    /// For each group its requests.
    private(set) var blocks: [[RegisterBlock]] = []
    private(set) var holes: RegisterHoles
    private var trials: [Trial] = []
    private var cuts = 0
    private var refusals = Refusals()
    private var silences = SilentBlocks()

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
        silences.forget()
        blocks = groups.map { members in
            RegisterTable.allCases.flatMap { table in
                planner.plan(members[table] ?? [], in: table, avoiding: holes)
            }
        }
        for group in blocks.indices {
            for member in refusals.members { isolate(member, in: group) }
        }
    }

    // MARK: A poll

    /// The requests of a poll that begins, in the order in which they are to be asked.
    mutating func beginPoll(of group: Int, at now: Instant) -> [RegisterBlock] {
        cuts = 0
        refusals.beginPoll(of: blocks[group], at: now)
        return silences.ordered(blocks[group])
    }

    /// Why a block is not asked now; nil if it is.
    func verdict(on block: RegisterBlock, at now: Instant) -> Quality? {
        if refusals.isLeftAlone(block) { return .illegalAddress }
        return silences.isLeftAlone(block, at: now) ? .timeout : nil
    }

    /// The device has not answered a block.
    mutating func leave(_ block: RegisterBlock, deviceAnswers: Bool, at now: Instant) {
        silences.fail(block, deviceAnswers: deviceAnswers, at: now)
    }

    // MARK: Learning

    /// The device has answered a block.
    mutating func answered(_ block: RegisterBlock) {
        silences.succeed(block)
        // What was cut while the device refused everything is whole again.
        if refusals.answered(block), trials.isEmpty { replan() }
        for index in trials.indices {
            if trials[index].left == block { trials[index].isLeftAnswered = true }
            if trials[index].right == block { trials[index].isRightAnswered = true }
        }
    }

    /// A block that is to be asked once more for the sake of the answer alone: its halves are
    /// answered, and it was not. A device may have refused it for a while only.
    var doubtful: RegisterBlock? { trials.first(where: \.isAnswered)?.whole }

    /// The doubtful block was asked again. Returns whether a hole was learned.
    mutating func settle(_ block: RegisterBlock, isRefused: Bool) -> Bool {
        guard let index = trials.firstIndex(where: { $0.isAnswered && $0.whole == block }) else {
            return false
        }
        let trial = trials.remove(at: index)
        let isNews = isRefused && holes.add(trial.gap, in: block.table)
        // Other cuts of the same search may have been innocent.
        if trials.isEmpty { replan() }
        return isNews
    }

    /// The device has refused a block: it is cut, or its register left alone for a while.
    mutating func refuse(_ block: RegisterBlock, of group: Int, at now: Instant) {
        guard let index = blocks[group].firstIndex(of: block) else { return }
        guard let cut = block.middle else {
            trials.removeAll { $0.left == block || $0.right == block }
            // Points that overlap share the verdict.
            for member in block.members { refusals.add(member, at: now) }
            if block.members.count > 1 {
                blocks[group].replaceSubrange(
                    index...index,
                    with: block.members.map { RegisterBlock([$0], in: block.table) })
            }
            return
        }
        guard cuts < Self.cutsPerPoll else { return }
        cuts += 1
        trials.removeAll { $0.left == block || $0.right == block }
        let left = RegisterBlock(block.members[..<cut.index], in: block.table)
        let right = RegisterBlock(block.members[cut.index...], in: block.table)
        blocks[group].replaceSubrange(index...index, with: [left, right])
        trials.append(Trial(gap: cut.gap, whole: block, left: left, right: right))
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
