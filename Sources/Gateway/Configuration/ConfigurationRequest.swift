import Platform
import Settings
import Telemetry

/// A configuration that somebody wants to have tried.
public struct ConfigurationProposal: Sendable {
    /// The text; YAML.
    public var text: [UInt8]
    /// Its sender's own name for it: what was sent once is not tried again, whatever became of
    /// it. Unless given, the text's SHA-256.
    public var id: String
    /// How long it waits for its confirmation; nil for what the configuration says.
    public var confirmWithin: Duration?
    /// Who sends it, as far as that is known; for the record.
    public var origin: String
    /// The uplink that it came over; nil for a command on the cabinet.
    public var uplink: String?
    /// Where its sender wants to hear of it; nil where everybody does.
    var reply: ConfigurationReply?

    /// A proposal. An empty id is replaced.
    public init(
        text: [UInt8], id: String = "", confirmWithin: Duration? = nil, origin: String,
        uplink: String? = nil
    ) {
        self.text = text
        self.id = id.isEmpty ? SHA256.hex(of: text) : id
        self.confirmWithin = confirmWithin
        self.origin = origin
        self.uplink = uplink
    }
}

/// Where a platform wants to hear what becomes of its configuration.
struct ConfigurationReply: Hashable, Sendable {
    /// The uplink that it asked over.
    var uplink: String
    /// Its response topic.
    var topic: String
    /// What the answer is to carry.
    var correlation: [UInt8]
}

/// How it is with a configuration that was sent.
public struct ConfigurationOutcome: Sendable {
    /// The steps of a trial.
    public enum State: String, Sendable {
        /// Nothing has changed: it has problems, or may not be tried.
        case refused
        /// It is the one in use.
        case unchanged
        /// It is in use, and waits for its confirmation.
        case applied
        /// It stays.
        case confirmed
        /// What was before is in use again.
        case takenBack = "taken back"
        /// Somebody has changed the file on the cabinet, and that is in use.
        case replaced
        /// It could not be taken back: what was before is damaged.
        case kept
    }

    /// The proposal's id; empty for a change by hand.
    public var id: String
    /// How it is.
    public var state: State
    /// Why; may be empty.
    public var reason: String
    /// What is wrong with it.
    public var problems: [SettingsProblem]
    /// Its SHA-256; empty if it is not known.
    public var hash: String
    /// How long it waits for its confirmation; nil unless it does.
    public var confirmWithin: Duration?
    /// Who sent it.
    public var origin: String
    /// Its number in the history; nil if it has none.
    public var number: Int?
    /// Where its sender wants to hear of it.
    var reply: ConfigurationReply?

    init(
        _ state: State, id: String, number: Int? = nil, hash: String = "", reason: String = "",
        problems: [SettingsProblem] = [], confirmWithin: Duration? = nil, origin: String = "",
        reply: ConfigurationReply? = nil
    ) {
        self.reply = reply
        self.id = id
        self.number = number
        self.state = state
        self.reason = reason
        self.problems = problems
        self.hash = hash
        self.confirmWithin = confirmWithin
        self.origin = origin
    }

    /// How it is with a version of the history.
    init(_ version: ConfigurationVersion) {
        let state: State =
            switch version.outcome {
            case .used, .unused, .replaced: .replaced
            case .tried: .applied
            case .confirmed: .confirmed
            case .takenBack: .takenBack
            case .kept: .kept
            }
        self.init(
            state, id: version.id, number: version.number, hash: version.hash,
            reason: version.reason,
            origin: version.origin)
    }

    /// Whether it says how the last trial stands, for whoever comes later; else it only answers.
    var isStanding: Bool {
        switch state {
        case .refused, .unchanged: false
        case .applied, .confirmed, .takenBack, .replaced, .kept: true
        }
    }

    /// The same for the log.
    var sentence: String {
        let name = id.isEmpty ? "by hand" : "`\(id.prefix(80))`"
        let who = origin.isEmpty || id.isEmpty ? "" : " of \(origin.prefix(160))"
        let wait = confirmWithin.map { "; taken back unless confirmed within \($0.text)" } ?? ""
        let why = reason.isEmpty ? "" : ": \(reason)"
        return "configuration \(name)\(who): \(state.rawValue)\(wait)\(why)"
    }
}
