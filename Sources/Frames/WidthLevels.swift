extension SeriesPlan {
    /// Makes widths of neighbours the same where that is shorter: a run of widths costs more than
    /// some bits that are zero. The shortest of all ways through the widths (Viterbi).
    ///
    /// - Parameter counts: How many values each plan is for.
    static func levelWidths(_ plans: inout [SeriesPlan], counts: [Int]) {
        let widths = Set(plans.map(\.width)).sorted()
        guard widths.count > 1 else { return }
        let impossible = Int.max / 2
        var costs = [Int](repeating: 0, count: widths.count)
        // For each plan and width: which width the plan before has.
        var befores: [UInt8] = []
        befores.reserveCapacity(plans.count * widths.count)
        for (plan, count) in zip(plans, counts) {
            let cheapest = costs.indices.min { costs[$0] < costs[$1] } ?? 0
            let change = costs[cheapest] + runBits
            let numbers = plan.numbers(for: count)
            for (index, width) in widths.enumerated() {
                let stays = costs[index] <= change
                befores.append(UInt8(stays ? index : cheapest))
                let before = stays ? costs[index] : change
                costs[index] =
                    width < plan.width ? impossible : min(before + numbers * width, impossible)
            }
        }
        var best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        for index in plans.indices.reversed() {
            plans[index].width = widths[best]
            best = Int(befores[index * widths.count + best])
        }
    }
}
