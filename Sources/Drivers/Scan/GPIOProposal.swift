/// A configuration of GPIO lines that nobody uses, ready for `armadio check`.
public struct GPIOProposal: Sendable {
    /// A line that may become a point.
    public struct Line: Sendable, Hashable {
        /// Its name on the board or in the kernel, or `CHIP:OFFSET`.
        public var name: String
        /// Whether it is an output now.
        public var isOutput: Bool

        /// A line.
        public init(name: String, isOutput: Bool) {
            (self.name, self.isOutput) = (name, isOutput)
        }
    }

    private let lines: [Line]

    /// A proposal for these lines; there must be one at least.
    public init(_ lines: [Line]) {
        self.lines = lines
    }

    /// The configuration. A line that is an output stays one.
    public var text: String {
        var taken: Set<String> = []
        let points = lines.map { line in
            let name = pointName(line.name)
            var (unique, number) = (name, 1)
            while !taken.insert(unique).inserted {
                number += 1
                unique = "\(name)-\(number)"
            }
            let writable = line.isOutput ? ", writable: true" : ""
            return "      \(unique): {line: \(quoted(line.name))\(writable)}"
        }
        return
            (ScanProposal.head + [
                "devices:", "  lines:", "    driver: gpio", "    points:",
            ] + points).joined(separator: "\n")
    }

    /// The line's name without what a point's name cannot have.
    private func pointName(_ line: String) -> String {
        let allowed = line.prefix(60).map { character in
            character.isASCII && (character.isLetter || character.isNumber || character == "_")
                ? character : "-"
        }
        let name = String(allowed.drop { $0 == "-" || $0 == "_" })
        return name.isEmpty ? "line" : name
    }

    /// As a string of YAML in double quotes (YAML 1.2.2, section 7.3.1).
    private func quoted(_ name: String) -> String {
        "\"" + name.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] } + "\""
    }
}
