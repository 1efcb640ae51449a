import FoundationEssentials
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// metrics.md, alerts.yaml, grafana.json and the code speak of the same metrics.
@Suite struct MetricsPageTests {
    private func file(_ name: String) throws -> String {
        let path = TestProcess.packageFolder + "/Sources/Gateway/Metrics/" + name
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func everyMetricIsOnThePageAndNoOther() throws {
        let rows = try file("metrics.md")
            .matches(of: #/\n\| `([a-z_]+)` \| (\w+) \|([^|]*)\| ([^|]+) \|(?=\n)/#)
            .map { row in
                MetricsPage.Row(
                    name: String(row.1), kind: String(row.2),
                    labels: row.3.matches(of: #/`(\w+)`/#).map { String($0.1) },
                    help: String(row.4))
            }
        #expect(Set(rows).count == rows.count)
        #expect(rows == MetricsPage.rows)
    }

    @Test func theLimitsAreThoseOfTheCode() throws {
        let table = try file("metrics.md").split(separator: "## Limits")[1]
            .split(separator: "\n\n")[0]
        let values = table.matches(of: #/\n\| [^|]+ \| (\d+) \| /#).map { String($0.1) }
        let limits = [
            Int64(MetricsLimits.requestBytes), Int64(MetricsLimits.clients),
            MetricsLimits.patience.components.seconds, MetricsLimits.retry.components.seconds,
        ]
        #expect(values == limits.map { "\($0)" })
    }

    @Test(arguments: ["alerts.yaml", "grafana.json"])
    func whatLooksAtMetricsLooksAtThoseThatAreThere(_ name: String) throws {
        let known = Set(MetricsPage.rows.map(\.name) + ["armadio_uplink_publish_latency_seconds"])
        let used = Set(
            try file(name).matches(of: #/\b(?:armadio|process)_[a-z_]+\b/#).map { String($0.0) })
        #expect(used.count > 15)
        #expect(used.subtracting(known) == [])
    }

    /// Names by the conventions: base units, `_total` for counters alone.
    @Test(arguments: MetricsPage.rows)
    func namesAreConventional(_ row: MetricsPage.Row) {
        #expect(row.name.hasPrefix("armadio_") || row.name.hasPrefix("process_"))
        #expect((row.kind == "counter") == row.name.hasSuffix("_total"))
        #expect(!row.name.contains("milli") && !row.name.contains("percent"))
        #expect(!row.help.isEmpty && !row.help.hasSuffix("."))
        #expect(!row.labels.contains("point"))
    }

    // MARK: The text

    private var report: StatusReport {
        var link = StatusReport.Link(
            name: "city", isUp: true, broker: "mqtt://x", sinceSeconds: 60, connects: 2, sent: 9,
            acknowledged: 8, refused: 1, inFlight: 0, uncommitted: 0, payloadBytes: 1 << 40,
            bytesSent: 7, bytesReceived: 6, failedTries: 5, setAside: 4, commands: 3,
            refusedCommands: 2)
        link.delivered = 1234
        var histogram = LatencyHistogram()
        for _ in 0..<4 { histogram.note(.milliseconds(250)) }
        link.roundTrips = StatusReport.Durations(histogram)
        var journal = StatusReport.Journal(
            epoch: "5", readings: 99, inMemory: 3, onDisk: 2, diskBytes: 4096, commits: 1, lost: 0)
        (journal.limitBytes, journal.bytesWritten, journal.syncs) = (1 << 30, 81920, 7)
        var device = StatusReport.Device(
            name: "meter", isAnswering: false, good: 10, bad: 3, requests: 13, failures: 3,
            missedPolls: 0, bus: "plc")
        device.badReasons = ["timeout": 2, "corrupt": 1]
        return StatusReport(
            gateway: "g", version: "1 \"x\" \\ \n", uptimeSeconds: 12.5, clock: "synchronized",
            uplinks: [link], journal: journal, buses: [], devices: [device])
    }

    private func page(_ report: StatusReport) -> [String] {
        let page = MetricsPage(
            report: report, health: .degraded, now: WallTime(nanosecondsSince1970: 2_000_000_000),
            process: ProcessFacts(), card: CardLife(ofDiskWith: "/proc"), controlClients: 2)
        return String(decoding: page.text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Whole numbers stay whole, however large; labels are escaped.
    @Test func valuesAreTheReports() {
        let lines = page(report)
        for line in [
            #"armadio_build_info{version="1 \"x\" \\ \n"} 1"#, "armadio_uptime_seconds 12.5",
            #"armadio_health{word="degraded"} 1"#, #"armadio_health{word="ok"} 0"#,
            "armadio_clock_synchronized 1", "armadio_control_clients 2",
            "armadio_journal_limit_bytes 1073741824", "armadio_journal_written_bytes_total 81920",
            #"armadio_readings_waiting{place="disk"} 2"#,
            #"armadio_uplink_payload_bytes_total{uplink="city"} 1099511627776"#,
            #"armadio_uplink_readings_delivered_total{uplink="city"} 1234"#,
            #"armadio_uplink_publish_latency_seconds_sum{uplink="city"} 1"#,
            #"armadio_uplink_publish_latency_seconds_count{uplink="city"} 4"#,
            #"armadio_device_up{device="meter",bus="plc"} 0"#,
            #"armadio_device_readings_total{device="meter",bus="plc",quality="timeout"} 2"#,
        ] { #expect(lines.contains(line), "\(line)") }
    }

    /// What is not known is left out, and with it the family.
    @Test func whatIsNotKnownIsNotThere() {
        let lines = page(report)
        #expect(!lines.contains { $0.contains("armadio_watchdog") || $0.contains("power_fail") })
        #expect(!lines.contains { $0.contains("armadio_card") || $0.contains("process_resident") })
        #expect(
            lines.filter { $0.hasPrefix("# TYPE ") }.count
                == Set(
                    lines.filter {
                        $0.hasPrefix("# HELP ")
                    }
                ).count)
    }

    @Test func theProcessKnowsWhatItTakes() throws {
        let facts = ProcessFacts.now
        #expect(try #require(facts.residentBytes) > 1e6)
        #expect(try #require(facts.cpuSeconds) > 0)
        #expect(try #require(facts.descriptors) >= 3)
        #expect(try #require(facts.descriptorLimit) >= facts.descriptors ?? 0)
    }

    /// JEDEC JESD84-B51: tenths of the life, the worse of two kinds of cells.
    @Test func anEMMCTellsOfItsLife() {
        #expect(CardLife.life("0x01 0x03") == 0.3)
        #expect(CardLife.life("0x0b 0x01") == 1.1)
        #expect(CardLife.life("0x00 0x00") == nil)
        #expect(CardLife.life(nil) == nil)
        #expect(CardLife.spare("0x01") == 0 && CardLife.spare("0x02") == 0.8)
        #expect(CardLife.number(ofDevice: 0xB302) == "179:2")
    }
}
