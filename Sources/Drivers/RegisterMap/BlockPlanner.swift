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
    /// behind the cheapest way to its begin: members times members in the longest block, 125 or, of
    /// bits, 2,000.
    func plan(
        _ members: [RegisterBlock.Member], in table: RegisterTable, avoiding holes: RegisterHoles
    ) -> [RegisterBlock] {
        let sorted = members.sorted { ($0.start, $0.channel) < ($1.start, $1.channel) }
        // What it costs to read all members before this one, and where the last block begins then.
        var costs = [Duration.zero]
        var begins: [Int] = []
        for index in sorted.indices {
            var best = (cost: Duration.seconds(1 << 30), begin: index)
            var end = sorted[index].start + sorted[index].length
            var next = sorted[index].start
            for begin in (0...index).reversed() {
                let member = sorted[begin]
                end = max(end, member.start + member.length)
                guard isAllowed(member, end, before: next, table, holes) || begin == index else {
                    break
                }
                next = member.start
                let cost = costs[begin] + time(end - member.start, table)
                if cost < best.cost { best = (cost, begin) }
            }
            costs.append(best.cost)
            begins.append(best.begin)
        }
        return blocks(sorted, begins, table)
    }

    /// How long a request for so many registers or bits takes.
    func time(_ length: Int, _ table: RegisterTable) -> Duration {
        pace.time(valueBytes: table.isBits ? (length + 7) / 8 : length * 2, delay: delay)
    }

    /// Whether a block from this member to `end` may be, given that the one from `next` on may.
    private func isAllowed(
        _ member: RegisterBlock.Member, _ end: Int, before next: Int, _ table: RegisterTable,
        _ holes: RegisterHoles
    ) -> Bool {
        let limit = table.isBits ? ModbusLimits.readBits : maximumRegisters
        let memberEnd = member.start + member.length
        return end - member.start <= limit && next - memberEnd <= maximumGap
            && !holes.areBetween(member.start, end, in: table)
    }

    private func blocks(
        _ sorted: [RegisterBlock.Member], _ begins: [Int], _ table: RegisterTable
    ) -> [RegisterBlock] {
        var blocks: [RegisterBlock] = []
        var end = sorted.count
        while end > 0 {
            let begin = begins[end - 1]
            blocks.append(RegisterBlock(sorted[begin..<end], in: table))
            end = begin
        }
        return blocks.reversed()
    }
}
