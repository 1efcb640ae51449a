/// How the gateway is, in one word, for scripts and load balancers.
///
/// What it says is judged where `status` judges: whoever starts the gateway brings the judge along
/// (`Cabinet.Environment`), so that the two never differ.
public enum Health: String, CaseIterable, Sendable, Codable {
    /// Nothing is wrong.
    case ok
    /// Something is wrong, and the gateway does its work all the same.
    case degraded
    /// The gateway does not do its work.
    case failing

    /// Judges a report.
    public typealias Judge = @Sendable (StatusReport) -> Health
}
