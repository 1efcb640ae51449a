/// Something that was looked at: how it is, and what to do about it.
public struct Finding: Codable, Sendable, Hashable {
    /// How much it matters.
    public enum Severity: String, Codable, Sendable, CaseIterable, Comparable {
        /// It is as it should be.
        case ok
        /// Worth knowing; nothing has to be done.
        case note
        /// It works, and will not for long, or not as well as it could.
        case warning
        /// It does not work.
        case problem

        public static func < (left: Severity, right: Severity) -> Bool {
            left.rank < right.rank
        }

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    /// How much it matters.
    public var severity: Severity
    /// What was looked at, in a word or two: `clock`, `bus plc`, `uplink city`.
    public var subject: String
    /// How it is, in words.
    public var what: String
    /// What to do next; nil where nothing is to be done.
    public var mend: String?

    /// A finding.
    public init(_ severity: Severity, _ subject: String, _ what: String, mend: String? = nil) {
        self.severity = severity
        self.subject = subject
        self.what = what
        self.mend = mend
    }
}
