import Console

/// Findings as a person reads them: a mark, what was looked at and how it is, and on the next line
/// what to do.
public struct FindingText: Sendable {
    /// How wide lines may be; nil for as wide as they are.
    public var columns: Int?
    /// Whether marks have colours.
    public var isColourful: Bool

    /// Text for a terminal of this width, or for none.
    public init(columns: Int? = nil, isColourful: Bool = false) {
        (self.columns, self.isColourful) = (columns, isColourful)
    }

    /// The lines of one finding.
    public func lines(_ finding: Finding) -> [String] {
        let what = hangingLines(
            "\(finding.severity.mark) \(finding.subject): \(finding.what)", columns: columns,
            indent: 2)
        let mend =
            finding.mend.map { hangingLines("  -> \($0)", columns: columns, indent: 5) } ?? []
        return coloured(what, finding.severity) + mend
    }

    private func coloured(_ lines: [String], _ severity: Finding.Severity) -> [String] {
        guard isColourful else { return lines }
        return lines.map { "\u{1B}[\(severity.colour)m\($0)\u{1B}[0m" }
    }

    /// How many there are: `2 problems, 1 warning`.
    public static func count(_ findings: [Finding]) -> String {
        let severities: [(Finding.Severity, String)] = [
            (.problem, "problem"), (.warning, "warning"), (.note, "note"),
        ]
        let parts = severities.compactMap { severity, name -> String? in
            let count = findings.count { $0.severity == severity }
            return count == 0 ? nil : "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return parts.isEmpty ? "no problem" : parts.joined(separator: ", ")
    }
}

extension Finding.Severity {
    /// What stands before a finding, also without colours.
    var mark: String {
        switch self {
        case .ok: "+"
        case .note: "-"
        case .warning: "*"
        case .problem: "!"
        }
    }

    /// ECMA-48's number: green, none, yellow, bold red.
    var colour: String {
        switch self {
        case .ok: "32"
        case .note: "0"
        case .warning: "33"
        case .problem: "1;31"
        }
    }
}
