import Console
import Gateway

/// The status as a person reads it: what is wrong first, then the gateway, its devices and buses.
public struct StatusText: Sendable {
    /// Of a long list this much is shown however small the screen is.
    private static let fewest = 3
    /// The first words of the lines about the gateway's parts stand in a column.
    private static let margin = 9

    private let report: StatusReport
    private let findings: [Finding]
    private let screen: TerminalSize?
    private let isWhole: Bool
    private let style: FindingText

    /// The text of a report.
    ///
    /// - Parameters:
    ///   - screen: What it should fit; nil for a pipe, which takes all.
    ///   - isWhole: Whether long lists are shown to their end, also on a screen.
    public init(
        _ report: StatusReport, screen: TerminalSize? = nil, isWhole: Bool = false,
        isColourful: Bool = false
    ) {
        (self.report, self.screen) = (report, screen)
        self.isWhole = isWhole || screen == nil
        findings = StatusProblems(report).findings
        style = FindingText(columns: screen?.columns, isColourful: isColourful)
    }

    /// All of it.
    public var text: String { lines.joined(separator: "\n") }

    /// A line of the screen is left for the prompt.
    private var lines: [String] {
        let rows = (screen?.rows ?? 0) - 1
        let gateway = [summary] + report.uplinks.flatMap(link) + [journal] + watchdog
        let wrong = wrong(within: rows / 2)
        let parts = gateway.flatMap {
            hangingLines($0, columns: screen?.columns, indent: Self.margin)
        }
        let buses = cut(busTable, to: rows / 4, of: "buses")
        let left = rows - wrong.count - parts.count - buses.count - 3
        return wrong + [""] + parts + [""] + cut(deviceTable, to: left, of: "devices") + [""]
            + buses
    }

    // MARK: What is wrong

    private func wrong(within rows: Int) -> [String] {
        guard !findings.isEmpty else {
            return style.lines(Finding(.ok, "all is well", "nothing to be done"))
        }
        var lines: [String] = []
        for (index, finding) in findings.enumerated() {
            let next = style.lines(finding)
            if !isWhole, index > 0, lines.count + next.count > rows {
                return lines + ["  and \(findings.count - index) more: armadio status --all"]
            }
            lines += next
        }
        return lines
    }

    // MARK: The gateway

    private var summary: String {
        "gateway  \(report.gateway), armadio \(report.version), up \(timeSpan(report.uptimeSeconds))"
    }

    private func link(_ link: StatusReport.Link) -> [String] {
        let state =
            link.isUp ? "up (MQTT \(link.protocolVersion ?? "?"))" : "down"
        // What MQTT 3.1.1 cannot tell has to be known.
        let blind =
            link.isUp && link.protocolVersion == "3.1.1"
            ? "; this broker's refusals cannot be seen (MQTT 3.1.1)" : ""
        let uncommitted = link.uncommitted > 0 ? ", \(link.uncommitted) not yet committed" : ""
        let name = link.name + String(repeating: " ", count: max(1, Self.margin - link.name.count))
        return [
            name + "\(link.broker) \(state) for \(timeSpan(link.sinceSeconds)); "
                + "\(link.acknowledged) messages acknowledged, \(link.inFlight) on their way, "
                + "\(link.refused) refused\(uncommitted)\(blind)"
        ]
    }

    private var journal: String {
        let journal = report.journal
        let oldest = journal.oldestSeconds.map { "; oldest unacknowledged \(timeSpan($0))" } ?? ""
        return "journal  \(journal.readings) readings taken, \(journal.inMemory) in memory, "
            + "\(journal.onDisk) on disk (\(byteSize(journal.diskBytes)))\(oldest)"
    }

    private var watchdog: [String] {
        guard let watchdog = report.watchdog else { return [] }
        let timeout = watchdog.timeoutSeconds.map { ", timeout \(timeSpan($0))" } ?? ""
        let fed = watchdog.fedSeconds.map { ", last fed \(timeSpan($0)) ago" } ?? ""
        return [
            "watchdog \(watchdog.device) \(watchdog.isFed ? "fed" : "not fed")\(timeout)\(fed)"
        ]
    }

    // MARK: Tables

    /// A table's first rows: at most `rows` lines with its headings and what says that there is
    /// more, but a few in any case.
    private func cut(_ table: [String], to rows: Int, of things: String) -> [String] {
        let most = max(rows, Self.fewest + 2)
        guard !isWhole, table.count > most else { return table }
        let shown = table.prefix(most - 1)
        return shown + ["and \(table.count - shown.count) more \(things): armadio status --all"]
    }

    /// Those that do not answer come first where not all may be seen.
    private var deviceTable: [String] {
        let devices =
            isWhole
            ? report.devices
            : report.devices.filter { !$0.isAnswering } + report.devices.filter(\.isAnswering)
        let text = table(
            ["DEVICE", "STATE", "GOOD", "BAD", "REQUESTS", "FAILED", "MISSED", "P50 MS", "P95 MS"],
            devices.map { device in
                [
                    device.name, device.isAnswering ? "ok" : "failing", "\(device.good)",
                    "\(device.bad)", "\(device.requests)", "\(device.failures)",
                    "\(device.missedPolls)",
                    device.latencyMilliseconds.map { decimal($0, 1) } ?? "-",
                    device.latency95Milliseconds.map { decimal($0, 1) } ?? "-",
                ]
            })
        return text.split(separator: "\n").map(String.init)
    }

    private var busTable: [String] {
        let text = table(
            ["BUS", "LOAD %", "TIMEOUTS", "REFUSED", "CRC", "WRONG", "REQ/CYCLE", "READ/WANTED"],
            (report.buses ?? []).map { bus in
                [
                    bus.name, decimal(bus.loadPercent, 1), "\(bus.timeouts)",
                    "\(bus.exceptions)", "\(bus.checksumErrors)", "\(bus.corrupt)",
                    "\(bus.plannedRequests)", "\(bus.registersRead)/\(bus.registersWanted)",
                ]
            })
        return text.split(separator: "\n").map(String.init)
    }
}
