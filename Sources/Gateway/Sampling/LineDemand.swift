import Telemetry

/// What the devices of a line ask of it: how long their polls take, measured, against how often they
/// are due. More than 1 is more than the line has.
struct LineDemand: Sendable {
    /// The demand of one poll group.
    struct Part: Sendable {
        var device: String
        var cost: Duration
        var interval: Duration
    }

    /// Below this an overload has ended.
    static let relief = 0.95
    /// The most devices that a report names.
    private static let named = 5

    var parts: [Part]

    /// The part of its time that the line needs.
    var total: Double { parts.reduce(0) { $0 + $1.cost.seconds / $1.interval.seconds } }

    /// What to say of it: "needs 1.4 s for a 1s cycle: meter-1 (0.6 s each 1s), ...".
    var report: String {
        let cycle = parts.map(\.interval).min() ?? .seconds(1)
        let worst = parts.sorted { $0.share > $1.share }.prefix(Self.named)
        let names = worst.map { "\($0.device) (\($0.cost.decimals) s each \($0.interval.text))" }
        let rest = parts.count > Self.named ? ", ..." : ""
        return "needs \((cycle * total).decimals) s for a \(cycle.text) cycle: "
            + names.joined(separator: ", ") + rest + "; lengthen intervals or split the line"
    }
}

extension LineDemand.Part {
    fileprivate var share: Double { cost.seconds / interval.seconds }
}

extension Duration {
    /// Seconds with two decimals.
    fileprivate var decimals: String {
        let hundredths = (nanoseconds + 5_000_000) / 10_000_000
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
