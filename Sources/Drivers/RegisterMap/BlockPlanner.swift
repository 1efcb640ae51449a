import Buses
import Telemetry

/// Chooses the requests that bring all wanted registers in the least time on the line.
///
/// A gap is read along where that is cheaper than another request: on a slow line a few registers, on
/// a network many. What the device or the configuration forbids is never in a block.
struct BlockPlanner: Sendable {
    /// The most registers in one answer.
    var maximumRegisters = ModbusLimits.readRegisters
    /// The widest gap that is read along, whatever it would save; 0 for none.
    var maximumGap = ModbusLimits.readRegisters
    /// What requests cost on this bus.
    var pace = LinePace.network
    /// What the device needs for each request beside: its pause, and its time to think.
    var delay = Duration.milliseconds(5)

    /// The requests for these members of a table, in order of address.
    ///
    /// The cheapest way to the end of each member is the cheapest of all blocks that end there, each
    /// behind the cheapest way to its begin. From each member blocks are tried until one is not
    /// allowed; a longer one is not either. So the steps are the members times the members in the
    /// longest block: 2,000 bits side by side, the worst there is, take 2,000,000.
    func plan(
        _ members: [RegisterBlock.Member], in table: RegisterTable, avoiding holes: RegisterHoles
    ) -> [RegisterBlock] {
        let sorted = members.sorted { ($0.start, $0.channel) < ($1.start, $1.channel) }
        // What it costs to read all members before this one, and where the last block begins then.
        var ways = [(cost: Duration, begin: Int)](
            repeating: (.seconds(1 << 30), 0), count: sorted.count + 1)
        ways[0].cost = .zero
        for begin in sorted.indices {
            var block = sorted[begin].start..<sorted[begin].end
            let reach = min(
                holes.reach(from: block.lowerBound, in: table), block.lowerBound + longest(table))
            for index in begin..<sorted.count {
                let member = sorted[index]
                // What lies before the member and in none of the block's others is a gap.
                let gap = member.start - block.upperBound
                block = block.lowerBound..<max(block.upperBound, member.end)
                guard index == begin || gap <= maximumGap && block.upperBound <= reach else {
                    break
                }
                let cost = ways[begin].cost + time(block.count, table)
                if cost < ways[index + 1].cost { ways[index + 1] = (cost, begin) }
            }
        }
        return blocks(sorted, ways.map(\.begin), table)
    }

    /// How long a request for so many registers or bits takes.
    func time(_ length: Int, _ table: RegisterTable) -> Duration {
        pace.time(valueBytes: table.isBits ? (length + 7) / 8 : length * 2, delay: delay)
    }

    private func longest(_ table: RegisterTable) -> Int {
        table.isBits ? ModbusLimits.readBits : maximumRegisters
    }

    private func blocks(
        _ sorted: [RegisterBlock.Member], _ begins: [Int], _ table: RegisterTable
    ) -> [RegisterBlock] {
        var blocks: [RegisterBlock] = []
        var end = sorted.count
        while end > 0 {
            let begin = begins[end]
            blocks.append(RegisterBlock(sorted[begin..<end], in: table))
            end = begin
        }
        return blocks.reversed()
    }
}
