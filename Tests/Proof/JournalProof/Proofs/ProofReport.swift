/// What a proof has done.
struct ProofCounts {
    var states = 0
    var lives = 0
    var points = 0
    var exhaustivePoints = 0
    var operations = 0
    var cutRecoveries = 0
}

/// What a proof has done, to be printed.
public struct ProofReport: CustomStringConvertible {
    public let name: String
    /// How many states, faults or bits were tried.
    public internal(set) var states = 0
    /// Facts beside that, in the order in which they came.
    public internal(set) var facts: [(name: String, value: Int)] = []

    init(_ name: String) {
        self.name = name
    }

    mutating func add(_ name: String, _ value: Int) {
        if let index = facts.firstIndex(where: { $0.name == name }) {
            facts[index].value += value
        } else {
            facts.append((name, value))
        }
    }

    /// Which of these facts did not occur; nil if all did.
    func missing(_ names: [String]) -> String? {
        let missing = names.filter { name in
            !facts.contains { $0.name == name && $0.value > 0 }
        }
        return missing.isEmpty ? nil : missing.joined(separator: ", ")
    }

    mutating func add(_ counts: ProofCounts) {
        states += counts.states
        add("lives", counts.lives)
        add("disk operations", counts.operations)
        add("crash points", counts.points)
        add("of them exhaustive", counts.exhaustivePoints)
        add("recoveries cut again", counts.cutRecoveries)
    }

    public var description: String {
        ([(name: "states", value: states)] + facts)
            .map { "  \($0.name): \($0.value)" }.joined(separator: "\n")
    }
}

/// A promise that does not hold, and how to see it.
public struct ProofFailure: CustomStringConvertible {
    public let violation: Violation
    /// The smallest life found in which it happens, with the disk's operations.
    public let story: String

    public var description: String { "\(violation)\n\(story)" }
}
