import Telemetry

/// What a scrape gets: the report that `status` shows too, and what the process takes.
struct MetricsPage: Sendable {
    let report: StatusReport
    var health: Health?
    /// The wall clock's time, to name the start by.
    var now: WallTime
    var process: ProcessFacts
    var card: CardLife
    var controlClients: Int

    /// The page in the text format.
    var text: [UInt8] {
        // About what 20 devices take; it grows with more.
        var text = MetricsText(capacity: 32 * 1024)
        write(Self.whole, [([], self)], &text)
        write(Self.journal, [([], report.journal)], &text)
        write(Self.uplinks, report.uplinks.map { ([("uplink", $0.name)], $0) }, &text)
        write(Self.buses, (report.buses ?? []).map { ([("bus", $0.name)], $0) }, &text)
        write(
            Self.devices,
            report.devices.map { ([("device", $0.name), ("bus", $0.bus ?? "")], $0) }, &text)
        return text.bytes
    }

    private func write<Subject>(
        _ metrics: [Metric<Subject>], _ subjects: [([(String, String)], Subject)],
        _ text: inout MetricsText
    ) {
        for metric in metrics { metric.write(subjects, to: &text) }
    }

    /// What metrics.md lists.
    struct Row: Hashable {
        var name: String
        var kind: String
        var labels: [String]
        var help: String
    }

    /// All families.
    static var rows: [Row] {
        rows(whole, []) + rows(journal, []) + rows(uplinks, ["uplink"]) + rows(buses, ["bus"])
            + rows(devices, ["device", "bus"])
    }

    private static func rows<Subject>(_ metrics: [Metric<Subject>], _ labels: [String]) -> [Row] {
        metrics.map {
            Row(name: $0.name, kind: $0.kind.rawValue, labels: labels + $0.labels, help: $0.help)
        }
    }
}

extension Bool {
    /// As Prometheus has it.
    var metric: Double { self ? 1 : 0 }
}
