/// Writes metrics as Prometheus reads them: the text format, version 0.0.4.
struct MetricsText {
    static let type = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Begins a family.
    mutating func begin(_ name: String, _ kind: MetricKind, help: String) {
        add("# HELP \(name) \(Self.escaped(help, quote: false))\n")
        add("# TYPE \(name) \(kind.rawValue)\n")
    }

    /// A sample of the family.
    mutating func add(_ name: String, _ labels: [(String, String)], _ value: Double) {
        add(name)
        for (index, label) in labels.enumerated() {
            add(index == 0 ? "{" : ",")
            add("\(label.0)=\"\(Self.escaped(label.1, quote: true))\"")
        }
        add(labels.isEmpty ? " " : "} ")
        add(Self.number(value) + "\n")
    }

    private mutating func add(_ text: String) { bytes += text.utf8 }

    /// Whole numbers without a fraction, as far as a double has them exactly.
    static func number(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 {
            return String(Int64(value))
        }
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return "\(value)"
    }

    static func escaped(_ text: String, quote: Bool) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quote: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}

/// What a metric's values mean to Prometheus.
enum MetricKind: String, Sendable {
    case counter, gauge, summary
}
