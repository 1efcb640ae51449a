/// One configuration of the history: what it was, who brought it and what became of it.
public struct ConfigurationVersion: Codable, Hashable, Sendable {
    /// What became of a configuration.
    public enum Outcome: String, Codable, Sendable {
        /// It was in use, and nobody tried it first.
        case used
        /// It is tried, and waits for its confirmation.
        case tried
        /// It was confirmed in time.
        case confirmed
        /// It was not, or it could not be used: what was before is in use again.
        case takenBack = "taken back"
        /// While it was tried, somebody changed the file by hand.
        case replaced
        /// It stood in the file when a trial ended, and was not in use.
        case unused
        /// It was to be taken back, but what was before it is damaged.
        case kept
    }

    /// Its number, from 1; `NUMBER.yaml` in the folder is its text.
    public var number: Int
    /// SHA-256 of its text, as sha256sum(1) prints it.
    public var hash: String
    /// The id of the message that brought it; empty for none.
    public var id: String
    /// Who brought it, in words.
    public var origin: String
    /// When, in UTC; nil if that is not known, as the clock was not set.
    public var time: String?
    /// What became of it.
    public var outcome: Outcome
    /// Why; may be empty.
    public var reason: String
}

/// What is known of the configurations that were, in `state.json`.
struct ConfigurationState: Codable, Equatable {
    /// A configuration that is tried.
    struct Trial: Codable, Equatable {
        /// Its number.
        var number: Int
        /// The number of the one that comes back unless this one is confirmed.
        var before: Int
        /// How long it waits for its confirmation, in seconds, for whoever reads the file. A
        /// restart ends the trial, whatever is left of it.
        var withinSeconds: Double
    }

    /// The oldest first.
    var versions: [ConfigurationVersion] = []
    /// Nil while nothing is tried.
    var trial: Trial?

    func version(_ number: Int) -> ConfigurationVersion? {
        versions.first { $0.number == number }
    }

    /// Says what became of a version.
    mutating func end(_ number: Int, _ outcome: ConfigurationVersion.Outcome, _ reason: String) {
        guard let index = versions.firstIndex(where: { $0.number == number }) else { return }
        versions[index].outcome = outcome
        versions[index].reason = reason
    }
}
