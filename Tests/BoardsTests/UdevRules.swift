/// A file of udev rules, read by what udev(7) says of their form.
struct UdevRules {
    /// One `KEY{attribute} operator "value"`.
    struct Term: Equatable {
        var key: String
        var attribute: String?
        var sign: String
        var value: String

        var isMatch: Bool { sign == "==" || sign == "!=" }
    }

    /// What is wrong, and in which line.
    struct Mistake: Error, Equatable, CustomStringConvertible {
        var line: Int
        var what: String
        var description: String { "line \(line): \(what)" }
    }

    /// The rules with their line numbers.
    private(set) var rules: [(line: Int, terms: [Term])] = []

    private static let matchKeys: Set = [
        "ACTION", "DEVPATH", "KERNEL", "KERNELS", "SUBSYSTEM", "SUBSYSTEMS", "DRIVER", "DRIVERS",
        "ATTR", "ATTRS", "ENV", "TEST", "PROGRAM", "RESULT",
    ]
    private static let setKeys: [String: Set<String>] = [
        "ENV": ["=", "+="], "GROUP": ["=", ":="], "MODE": ["=", ":="], "GOTO": ["="],
        "LABEL": ["="], "SYMLINK": ["=", "+=", ":="], "IMPORT": ["==", "="],
    ]
    private static let withAttribute: Set = ["ATTR", "ATTRS", "ENV", "IMPORT"]

    init(_ text: String) throws(Mistake) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            guard let first = line.first(where: { $0 != " " }), first != "#" else { continue }
            rules.append((index + 1, try Self.terms(String(line), index + 1)))
        }
        try checkLabels()
    }

    private static func terms(_ line: String, _ number: Int) throws(Mistake) -> [Term] {
        var rest = line[...]
        var terms: [Term] = []
        while !rest.isEmpty {
            guard
                let match = rest.prefixMatch(
                    of: /([A-Z]+)(?:\{([^}"]+)\})?(==|!=|\+=|:=|=)"([^"]*)"/)
            else { throw Mistake(line: number, what: "`\(rest)` is no term") }
            let term = Term(
                key: String(match.1), attribute: match.2.map(String.init), sign: String(match.3),
                value: String(match.4))
            try check(term, number)
            terms.append(term)
            rest = rest[match.range.upperBound...]
            guard !rest.isEmpty else { break }
            guard rest.hasPrefix(", "), rest.count > 2 else {
                throw Mistake(line: number, what: "`\(rest)` follows without `, `")
            }
            rest.removeFirst(2)
        }
        return terms
    }

    private static func check(_ term: Term, _ line: Int) throws(Mistake) {
        let isRight =
            setKeys[term.key]?.contains(term.sign) == true
            || term.isMatch && matchKeys.contains(term.key)
        guard isRight else {
            throw Mistake(line: line, what: "`\(term.key)` with `\(term.sign)`")
        }
        guard withAttribute.contains(term.key) == (term.attribute != nil) else {
            throw Mistake(line: line, what: "`\(term.key)` and its attribute")
        }
    }

    /// A jump goes forward only, to a label that is there once.
    private func checkLabels() throws(Mistake) {
        for (line, terms) in rules {
            for jump in terms where jump.key == "GOTO" {
                let labels = rules.filter { rule in
                    rule.terms.contains { $0.key == "LABEL" && $0.value == jump.value }
                }
                guard labels.count == 1, labels[0].line > line else {
                    throw Mistake(line: line, what: "`\(jump.value)` is no label below")
                }
            }
        }
    }
}
