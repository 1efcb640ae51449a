import Settings

/// What became of a configuration that somebody at the cabinet wanted in use.
public struct ConfigurationAnswer: Codable, Sendable {
    /// Something that is wrong with it.
    public struct Problem: Codable, Sendable {
        /// Where it stands.
        public var line: Int?
        public var column: Int?
        /// What is wrong, and how to mend it.
        public var what: String
        public var mend: String
    }

    /// `applied` on trial, `confirmed`, `unchanged`, `taken back` or `refused`.
    public var state: String
    /// Why; may be empty.
    public var reason: String
    /// The version's number in the history.
    public var number: Int?
    /// How long it is tried, in seconds.
    public var within: Double?
    /// What is wrong with it; the first 20.
    public var problems: [Problem]

    init(_ outcome: ConfigurationOutcome) {
        state = outcome.state.rawValue
        reason = outcome.reason
        number = outcome.number
        within = outcome.confirmWithin?.seconds
        problems = outcome.problems.prefix(20).map { problem in
            Problem(
                line: problem.location?.position.line, column: problem.location?.position.column,
                what: problem.what, mend: problem.mend)
        }
    }
}

/// The configurations that were.
public struct ConfigurationHistory: Codable, Sendable {
    /// What is tried.
    public struct Trial: Codable, Sendable {
        /// Its number.
        public var number: Int
        /// Whether it only waits for the uplinks.
        public var isConfirmed: Bool
        /// When it is taken back, in seconds from now.
        public var secondsLeft: Double
    }

    /// The configuration file.
    public var file: String
    /// Whether what stands in the file is in use; nil if no gateway was asked.
    public var isFileInUse: Bool?
    /// The number of the version in use; nil if it was never replaced or tried.
    public var inUse: Int?
    /// What is tried; nil for nothing.
    public var trial: Trial?
    /// The versions, the oldest first, at most 20.
    public var versions: [ConfigurationVersion]

    /// The versions of a file.
    public init(
        file: String, isFileInUse: Bool? = nil, inUse: Int? = nil, trial: Trial? = nil,
        versions: [ConfigurationVersion]
    ) {
        self.file = file
        self.isFileInUse = isFileInUse
        self.inUse = inUse
        self.trial = trial
        self.versions = versions
    }
}
