import TestSupport
import Testing

@testable import Drivers

@Suite struct BlockPlannerTests {
    private func member(_ channel: Int, _ start: Int, _ length: Int = 1) -> RegisterBlock.Member {
        RegisterBlock.Member(channel: channel, start: start, length: length)
    }

    @Test func neighboursShareARequest() {
        let blocks = BlockPlanner(maximumRegisters: 125, maximumGap: 8)
            .plan((0..<100).map { member($0, $0) }, in: .holding)
        #expect(blocks.map(\.length) == [100])
    }

    @Test func smallHolesAreReadAlongAndWideOnesAreNot() {
        let planner = BlockPlanner(maximumRegisters: 125, maximumGap: 8)
        #expect(planner.plan([member(0, 0), member(1, 9)], in: .input).map(\.length) == [10])
        #expect(planner.plan([member(0, 0), member(1, 10)], in: .input).map(\.length) == [1, 1])
    }

    /// Whatever the points are, every one is in exactly one block, whole, and no block is longer
    /// than the device allows.
    @Test(arguments: 0..<200)
    func everyPointIsReadOnceAndWithinLimits(seed: Int) {
        var generator = SplitMix(seed: UInt64(seed))
        let limit = Int.random(in: 4...125, using: &generator)
        let gap = Int.random(in: 0...124, using: &generator)
        let members = (0..<Int.random(in: 1...60, using: &generator)).map { channel in
            member(
                channel, Int.random(in: 0...400, using: &generator),
                Int.random(in: 1...4, using: &generator))
        }
        let blocks = BlockPlanner(maximumRegisters: limit, maximumGap: gap)
            .plan(members, in: .holding)
        #expect(Set(blocks.flatMap(\.members)) == Set(members))
        #expect(blocks.reduce(0) { $0 + $1.members.count } == members.count)
        #expect(blocks.count <= members.count)
        for block in blocks {
            #expect(block.length <= limit)
            for member in block.members {
                #expect(block.start <= member.start)
                #expect(member.start + member.length <= block.end)
            }
            if gap == 0 { #expect(!block.hasGaps) }
        }
    }
}
