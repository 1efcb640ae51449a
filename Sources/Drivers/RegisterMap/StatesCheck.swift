import Telemetry

/// Checks the names of an enumeration.
struct StatesCheck {
    var states: NamedList<String>
    /// The raw numbers that the point can have.
    var numbers: ClosedRange<Int128>
    /// What has these numbers, in a message.
    var subject: String

    /// The names by number.
    func names() throws(PointFlaw) -> StateNames {
        guard (1...StateNames.most).contains(states.entries.count) else {
            throw PointFlaw(
                key: "states", what: "a point has 1 to \(StateNames.most) states",
                mend: "write them as `states: {0: off, 1: on}`")
        }
        var seen: Set<UInt64> = []
        var named: [(raw: UInt64, name: String)] = []
        for (key, name) in states.entries {
            let raw = try number(key)
            guard seen.insert(raw).inserted else {
                throw flaw(key, "the number \(key) is there twice", "remove one of them")
            }
            try check(name, of: key)
            named.append((raw, name))
        }
        return StateNames(named)
    }

    private func number(_ key: String) throws(PointFlaw) -> UInt64 {
        let isHexadecimal = key.hasPrefix("0x") || key.hasPrefix("0X")
        let digits = isHexadecimal ? key.dropFirst(2) : key[...]
        guard let number = Int128(digits, radix: isHexadecimal ? 16 : 10), !key.contains("+") else {
            throw flaw(
                key, "`\(key)` is not a raw number", "write the number first: `states: {0: off}`")
        }
        guard numbers.contains(number) else {
            throw flaw(
                key, "\(subject) is never \(key)",
                "write numbers from \(numbers.lowerBound) to \(numbers.upperBound)")
        }
        return UInt64(truncatingIfNeeded: number)
    }

    private func check(_ name: String, of key: String) throws(PointFlaw) {
        guard !name.isEmpty, name.utf8.count <= StateNames.longestName else {
            throw flaw(
                key, "the name of a state has 1 to \(StateNames.longestName) bytes",
                "write a short one, such as `off`")
        }
    }

    private func flaw(_ key: String, _ what: String, _ mend: String) -> PointFlaw {
        PointFlaw(keys: ["states", key], what: what, mend: mend)
    }
}
