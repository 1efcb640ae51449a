import Buses
import TestSupport
import Testing

@testable import Drivers

@Suite struct BlockPlannerTests {
    /// 9,600 baud, 11 bits a character: a byte takes 1.146 ms.
    private static let slow = LinePace(
        byteTime: .microseconds(1146), turnaround: .microseconds(8020), overheadBytes: 13)

    private func member(_ channel: Int, _ start: Int, _ length: Int = 1) -> RegisterBlock.Member {
        RegisterBlock.Member(channel: channel, start: start, length: length)
    }

    @Test func neighboursShareARequest() {
        let blocks = BlockPlanner().plan(
            (0..<100).map { member($0, $0) }, in: .holding, avoiding: RegisterHoles())
        #expect(blocks.map(\.length) == [100])
    }

    /// Another request costs 13 bytes, two silences and the device's time: 28 ms, 12 registers.
    @Test func aGapIsReadAlongWhereThatIsCheaper() {
        let planner = BlockPlanner(pace: Self.slow)
        func lengths(_ gap: Int) -> [Int] {
            planner.plan(
                [member(0, 0), member(1, 1 + gap)], in: .input, avoiding: RegisterHoles()
            ).map(\.length)
        }
        #expect(lengths(12) == [14])
        #expect(lengths(13) == [1, 1])
        // On a network a request costs more than any gap.
        let network = BlockPlanner().plan(
            [member(0, 0), member(1, 124)], in: .input, avoiding: RegisterHoles())
        #expect(network.map(\.length) == [125])
    }

    @Test func whatIsForbiddenIsNeverRead() {
        let members = [member(0, 0), member(1, 9)]
        let strict = BlockPlanner(maximumGap: 0)
        #expect(strict.plan(members, in: .input, avoiding: RegisterHoles()).count == 2)
        var holes = RegisterHoles()
        let isNews = holes.add(4..<5, in: .input)
        let isNewsAgain = holes.add(4..<5, in: .input)
        #expect(isNews && !isNewsAgain)
        #expect(BlockPlanner().plan(members, in: .input, avoiding: holes).count == 2)
        #expect(BlockPlanner().plan(members, in: .holding, avoiding: holes).count == 1)
    }

    /// A bit of a register within a longer point leaves no gap behind it.
    @Test func aPointWithinAnotherLeavesNoGap() {
        let planner = BlockPlanner(maximumGap: 0)
        let blocks = planner.plan(
            [member(0, 10, 4), member(1, 11), member(2, 14)], in: .holding,
            avoiding: RegisterHoles())
        #expect(blocks.map(\.length) == [5])
    }

    /// Bits have a limit of their own, and holes elsewhere are no matter.
    @Test func manyBitsAreOneRequest() {
        var holes = RegisterHoles()
        for place in 0..<RegisterHoles.limit {
            _ = holes.add(3000 + place..<3001 + place, in: .coil)
        }
        let members = (0..<400).map { member($0, $0) }
        #expect(BlockPlanner().plan(members, in: .coil, avoiding: holes).map(\.length) == [400])
    }

    /// A place over which a device takes no request, though it has both sides.
    @Test func aCutIsKept() {
        var holes = RegisterHoles()
        _ = holes.add(50..<50, in: .holding)
        let blocks = BlockPlanner().plan(
            (0..<100).map { member($0, $0) }, in: .holding, avoiding: holes)
        #expect(blocks.map(\.length) == [50, 50])
    }

    @Test func holesAreReadBackAsWritten() {
        var holes = RegisterHoles()
        _ = holes.add(3..<9, in: .holding)
        _ = holes.add(7..<7, in: .input)
        #expect(RegisterHoles(text: holes.text) == holes)
        #expect(RegisterHoles(text: "") == RegisterHoles())
        for nonsense in ["x", "holding:1", "holding:9-3", "holding:1-70000", "coil:-1-4", ":::"] {
            #expect(RegisterHoles(text: nonsense) == nil)
        }
    }

    // MARK: At random

    /// A device of any shape on a line of any pace.
    private struct Case {
        var planner: BlockPlanner
        var members: [RegisterBlock.Member]
        var holes = RegisterHoles()
        var forbidden: Set<Int> = []

        init(seed: Int, most: Int, width: Int) {
            var random = SplitMix(seed: UInt64(seed))
            planner = BlockPlanner(
                maximumRegisters: Int.random(in: 4...125, using: &random),
                maximumGap: [0, 3, 125, 125].randomElement(using: &random) ?? 125,
                pace: Bool.random(using: &random) ? .network : BlockPlannerTests.slow,
                delay: .milliseconds(Int.random(in: 0...50, using: &random)))
            members = (0..<Int.random(in: 1...most, using: &random)).map { channel in
                RegisterBlock.Member(
                    channel: channel, start: Int.random(in: 0...width, using: &random),
                    length: Int.random(in: 1...4, using: &random))
            }
            let wanted = Set(members.flatMap { $0.start..<$0.start + $0.length })
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let place = Int.random(in: 0...width, using: &random)
                guard !wanted.contains(place) else { continue }
                forbidden.insert(place)
                _ = holes.add(place..<place + 1, in: .holding)
            }
        }

        func cost(_ blocks: [RegisterBlock]) -> Duration {
            blocks.reduce(.zero) { $0 + planner.time($1.length, .holding) }
        }

        func isAllowed(_ block: RegisterBlock) -> Bool {
            block.length <= planner.maximumRegisters
                && forbidden.isDisjoint(with: block.start..<block.end)
                && widestGap(block) <= planner.maximumGap
        }

        private func widestGap(_ block: RegisterBlock) -> Int {
            var (widest, end) = (0, block.start)
            for member in block.members {
                widest = max(widest, member.start - end)
                end = max(end, member.start + member.length)
            }
            return widest
        }

        /// Whatever is near enough goes into the block that is begun.
        func greedy(gap: Int) -> [RegisterBlock] {
            let sorted = members.sorted { ($0.start, $0.channel) < ($1.start, $1.channel) }
            var blocks: [RegisterBlock] = []
            for member in sorted {
                if let last = blocks.last, member.start - last.end <= gap {
                    let grown = RegisterBlock(last.members[...] + [member], in: .holding)
                    if isAllowed(grown) {
                        blocks[blocks.count - 1] = grown
                        continue
                    }
                }
                blocks.append(RegisterBlock([member], in: .holding))
            }
            return blocks
        }

        var plan: [RegisterBlock] { planner.plan(members, in: .holding, avoiding: holes) }
    }

    /// Whatever the points are, each is in exactly one block, whole; no block is longer than the
    /// device allows or touches what is forbidden; and it is never dearer than simpler plans.
    @Test(arguments: 0..<300)
    func plansCoverAllAndCostTheLeast(seed: Int) {
        let this = Case(seed: seed, most: 60, width: 400)
        let blocks = this.plan
        #expect(blocks.flatMap(\.members).sorted { $0.channel < $1.channel } == this.members)
        for block in blocks {
            #expect(this.isAllowed(block))
            for member in block.members {
                #expect(block.start <= member.start)
                #expect(member.start + member.length <= block.end)
            }
        }
        let singles = this.members.map { RegisterBlock([$0], in: .holding) }
        #expect(this.cost(blocks) <= this.cost(singles))
        #expect(this.cost(blocks) <= this.cost(this.greedy(gap: 0)))
        #expect(this.cost(blocks) <= this.cost(this.greedy(gap: this.planner.maximumGap)))
    }

    /// Of all ways to cut a few points into blocks none is cheaper.
    @Test(arguments: 0..<300)
    func smallPlansAreTheBestThereIs(seed: Int) {
        let this = Case(seed: seed + 1000, most: 9, width: 60)
        let sorted = this.members.sorted { ($0.start, $0.channel) < ($1.start, $1.channel) }
        var best = Duration.seconds(1000)
        for cuts in 0..<(1 << (sorted.count - 1)) {
            var blocks: [RegisterBlock] = []
            var begin = 0
            for index in 1...sorted.count
            where index == sorted.count || cuts >> (index - 1) & 1 == 1 {
                blocks.append(RegisterBlock(sorted[begin..<index], in: .holding))
                begin = index
            }
            if blocks.allSatisfy(this.isAllowed) { best = min(best, this.cost(blocks)) }
        }
        #expect(this.cost(this.plan) == best)
    }
}
