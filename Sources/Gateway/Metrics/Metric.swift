/// A family of metrics, and how its values come from what it tells of: the gateway as a whole, or
/// each of its uplinks, buses or devices.
struct Metric<Subject>: Sendable {
    /// A value, with the labels that it has besides those of what it tells of.
    struct Sample {
        var suffix = ""
        var labels: [(String, String)] = []
        var value: Double
    }

    let name: String
    let kind: MetricKind
    /// One sentence without a full stop, as metrics.md has it too.
    let help: String
    /// The names of the labels that it has besides those of what it tells of.
    var labels: [String] = []
    let samples: @Sendable (Subject) -> [Sample]

    /// One value; none if it is nil.
    init(
        _ name: String, _ kind: MetricKind, _ help: String,
        _ value: @escaping @Sendable (Subject) -> Double?
    ) {
        (self.name, self.kind, self.help) = (name, kind, help)
        samples = { value($0).map { [Sample(value: $0)] } ?? [] }
    }

    /// Values told apart by a label.
    init(
        _ name: String, _ kind: MetricKind, _ help: String, by label: String,
        _ values: @escaping @Sendable (Subject) -> [(String, Double)]
    ) {
        (self.name, self.kind, self.help, labels) = (name, kind, help, [label])
        samples = { values($0).map { Sample(labels: [(label, $0)], value: $1) } }
    }

    /// How long something took.
    init(
        _ name: String, _ help: String,
        durations: @escaping @Sendable (Subject) -> StatusReport.Durations?
    ) {
        (self.name, kind, self.help, labels) = (name, .summary, help, ["quantile"])
        samples = { subject in
            guard let durations = durations(subject) else { return [] }
            let quantiles = [("0.5", durations.median), ("0.95", durations.percentile95)]
            return quantiles.compactMap { name, value in
                value.map { Sample(labels: [("quantile", name)], value: $0) }
            } + [
                Sample(suffix: "_sum", value: durations.sum),
                Sample(suffix: "_count", value: Double(durations.count)),
            ]
        }
    }

    /// Writes the family, if there is a value.
    func write(
        _ subjects: [(labels: [(String, String)], subject: Subject)], to text: inout MetricsText
    ) {
        var hasBegun = false
        for (labels, subject) in subjects {
            for sample in samples(subject) {
                if !hasBegun { text.begin(name, kind, help: help) }
                hasBegun = true
                text.add(name + sample.suffix, labels + sample.labels, sample.value)
            }
        }
    }
}
