import Buses
import Telemetry

/// Checks one point of a `gpio` device.
struct GPIOPointCheck {
    private static let debounces = Duration.zero ... .seconds(10)
    private static let changes = 0.1...1000.0
    private static let periods = Duration.milliseconds(1) ... .seconds(86400)

    var point: GPIOPoint
    /// Where its line is.
    var address: GPIOLine.Address

    func role() throws(PointFlaw) -> GPIORole {
        let kinds = [
            ("count", point.isCount), ("rate", point.rate != nil),
            ("writable", OutputCheck(writable: point.writable).isOutput),
        ].filter(\.1).map(\.0)
        guard kinds.count < 2 else {
            throw PointFlaw(
                key: kinds[1], what: "a point is one thing: `\(kinds[0])` or `\(kinds[1])`",
                mend: "make two points of it")
        }
        guard kinds.first != "writable" else { return try output() }
        if point.drive != nil {
            throw PointFlaw(
                key: "drive", what: "only an output is driven", mend: "add `writable`, or remove it"
            )
        }
        return try input()
    }

    private func input() throws(PointFlaw) -> GPIORole {
        let wish = try wish()
        if let scale = point.rate { return .rate(wish, try value(scale, at: ["rate"])) }
        switch point.count {
        case .scalar(true): return .count(wish, PulseValue(unit: point.unit ?? .none))
        case .fields(let scale):
            if scale.per != nil {
                throw PointFlaw(
                    keys: ["count", "per"], what: "a count is for no time", mend: "remove `per`")
            }
            return .count(wish, try value(scale, at: ["count"]))
        case nil, .scalar(false): return try state(wish)
        }
    }

    private func state(_ wish: GPIOWish) throws(PointFlaw) -> GPIORole {
        if point.unit != nil {
            throw PointFlaw(key: "unit", what: "a contact has no unit", mend: "remove `unit`")
        }
        let changes = point.maxChanges ?? ChatterLimit.usual
        guard Self.changes.contains(changes) else {
            throw PointFlaw(
                key: "max-changes", what: "`max-changes` is 0.1 to 1000 a second, not \(changes)",
                mend: "leave it out for \(Int(ChatterLimit.usual))")
        }
        return .state(wish, changes: changes)
    }

    private func wish() throws(PointFlaw) -> GPIOWish {
        let debounce = point.debounce ?? .zero
        try check("debounce", debounce, Self.debounces)
        return GPIOWish(
            address: address, isActiveLow: point.activeLow ?? false,
            bias: point.bias ?? .asIs, debounce: debounce)
    }

    private func value(_ scale: PulseScale, at keys: [String]) throws(PointFlaw) -> PulseValue {
        if let perUnit = scale.perUnit, !(perUnit > 0 && perUnit.isFinite) {
            throw PointFlaw(
                keys: keys + ["per-unit"], what: "`per-unit` is more than 0, not \(perUnit)",
                mend: "write how many pulses are one \(point.unit?.symbol ?? "unit")")
        }
        try check("per", scale.per ?? .seconds(1), Self.periods, keys)
        return PulseValue(
            perUnit: scale.perUnit, seconds: (scale.per ?? .seconds(1)).seconds,
            unit: point.unit ?? .none)
    }

    private func output() throws(PointFlaw) -> GPIORole {
        for (key, isGiven) in [
            ("debounce", point.debounce != nil), ("max-changes", point.maxChanges != nil),
            ("unit", point.unit != nil),
        ] where isGiven {
            throw PointFlaw(key: key, what: "an output has no `\(key)`", mend: "remove it")
        }
        let output = try OutputCheck(writable: point.writable).rules()
        let line = GPIOLine(
            address, .output(point.drive ?? .pushPull, initial: output?.initial),
            isActiveLow: point.activeLow ?? false, bias: point.bias ?? .asIs)
        return .output(line, output?.rules ?? OutputRules())
    }

    private func check(
        _ key: String, _ value: Duration, _ range: ClosedRange<Duration>, _ keys: [String] = []
    ) throws(PointFlaw) {
        guard !range.contains(value) else { return }
        throw PointFlaw(
            keys: keys + [key], what: "`\(key)` is \(value.text), which is out of range",
            mend: "write \(range.lowerBound.text) to \(range.upperBound.text)")
    }
}

extension GPIOPoint {
    fileprivate var isCount: Bool {
        switch count {
        case nil, .scalar(false): false
        case .scalar(true), .fields: true
        }
    }
}
