import Console

/// What was found, by area.
public struct Diagnosis: Sendable, Encodable {
    /// A finding and its area.
    public struct Entry: Sendable, Hashable, Encodable {
        /// The area.
        public var area: DoctorArea
        /// What was found.
        public var finding: Finding

        private enum CodingKeys: CodingKey { case area }

        /// One object, with the finding's own keys.
        public func encode(to encoder: any Encoder) throws {
            try finding.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(area, forKey: .area)
        }
    }

    /// All that was found, what is well too.
    public var entries: [Entry]

    private enum CodingKeys: CodingKey { case checks, problems, warnings, findings }

    init(_ entries: [Entry]) {
        self.entries = entries
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entries.count, forKey: .checks)
        try container.encode(count(.problem), forKey: .problems)
        try container.encode(count(.warning), forKey: .warnings)
        try container.encode(entries, forKey: .findings)
    }

    /// Whether something does not work.
    public var hasProblems: Bool { count(.problem) > 0 }

    private func count(_ severity: Finding.Severity) -> Int {
        entries.count { $0.finding.severity == severity }
    }

    /// As a person reads it: the areas with problems first, in each the worst first, then how much
    /// there was.
    ///
    /// - Parameter isVerbose: Whether what is well is named.
    public func text(_ style: FindingText, isVerbose: Bool) -> String {
        let shown = entries.filter { isVerbose || $0.finding.severity > .ok }
        var lines: [String] = []
        for area in areas(of: shown) {
            lines.append(area.rawValue)
            for severity in Finding.Severity.allCases.reversed() {
                for entry in shown where entry.area == area && entry.finding.severity == severity {
                    lines += style.lines(entry.finding)
                }
            }
            lines.append("")
        }
        return (lines + [summary]).joined(separator: "\n")
    }

    private func areas(of entries: [Entry]) -> [DoctorArea] {
        Finding.Severity.allCases.reversed().flatMap { severity in
            DoctorArea.allCases.filter { area in
                entries.filter { $0.area == area }.map(\.finding.severity).max() == severity
            }
        }
    }

    /// `23 checks: 2 problems, 1 warning`.
    public var summary: String {
        let checks = entries.count == 1 ? "1 check" : "\(entries.count) checks"
        return checks + ": " + FindingText.count(entries.map(\.finding))
    }
}
