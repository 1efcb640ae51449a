import Console
import Gateway

/// What is wrong with a running gateway by its own report, and the next step for each: the worst
/// first.
public struct StatusProblems: Sendable {
    private let report: StatusReport

    /// What this report shows.
    public init(_ report: StatusReport) {
        self.report = report
    }

    /// All of it; empty if nothing is wrong.
    public var findings: [Finding] {
        let all =
            power + configuration + report.uplinks.flatMap(uplink) + journal + watchdog + buses
            + lent + clock
        // In the order above among equals, which sort(by:) does not promise.
        return Finding.Severity.allCases.reversed().flatMap { severity in
            all.filter { $0.severity == severity }
        }
    }

    // MARK: Power

    private var power: [Finding] {
        guard let power = report.powerFail else { return [] }
        var findings: [Finding] = []
        if power.isActive {
            findings.append(
                Finding(
                    .problem, "power",
                    "the mains are gone (\(power.line))"
                        + (power.sinceSeconds.map { " for \(timeSpan($0))" } ?? "")
                        + ": all is on the disk, only GPIO is read, the links are left",
                    mend: "nothing: everything starts again when they have been back for a while"))
        }
        if let failure = power.failure {
            findings.append(
                Finding(
                    .problem, "power", "the line \(power.line) cannot be watched: \(failure)",
                    mend: "`armadio scan gpio` shows the lines and who has them"))
        }
        return findings
    }

    // MARK: Configuration

    private var configuration: [Finding] {
        var findings: [Finding] = []
        if let failure = report.configurationFailure {
            findings.append(
                Finding(
                    .problem, "configuration",
                    "it was not taken over, the one before goes on: \(failure)",
                    mend: "mend what it names, then reload the gateway: systemctl reload armadio"))
        }
        if let trial = report.configurationTrial {
            findings.append(
                Finding(
                    .warning, "configuration",
                    "`\(trial.id)` of \(trial.origin) is being tried: taken back in "
                        + "\(timeSpan(trial.secondsLeft)) unless it is confirmed",
                    mend: "`armadio config confirm` keeps it; else wait"))
        }
        return findings
    }

    private var lent: [Finding] {
        guard let buses = report.lentBuses, !buses.isEmpty else { return [] }
        return [
            Finding(
                .note, "buses", "not polled, lent to a command: \(buses.joined(separator: ", "))",
                mend: "nothing: they are polled again when the command ends")
        ]
    }

    // MARK: Uplinks

    private func uplink(_ link: StatusReport.Link) -> [Finding] {
        let subject = Self.subject(of: link)
        var findings: [Finding] = []
        if !link.isUp {
            let nextTry = link.nextTrySeconds.map { "; next try in \(timeSpan($0))" } ?? ""
            findings.append(
                Finding(
                    .problem, subject,
                    "down for \(timeSpan(link.sinceSeconds)): "
                        + "\(link.failure ?? "not yet connected")\(nextTry)",
                    mend: "`armadio doctor --only network` looks at name, route, TLS and login"))
        }
        if let failure = link.preferredFailure {
            findings.append(
                Finding(
                    .warning, subject, "with \(link.broker), not with the first broker: \(failure)",
                    mend: "look at the first broker; the gateway goes back by itself"))
        }
        if link.setAside > 0 {
            findings.append(
                Finding(
                    .problem, subject,
                    "the broker does not take \(link.setAside) readings: "
                        + "\(link.setAsideReason ?? "no reason given")",
                    mend: "let the platform mend that reason; `armadio journal stat` lists the "
                        + "readings, which are kept"))
        }
        return findings
    }

    /// A single uplink has no name but `uplink`.
    static func subject(of link: StatusReport.Link) -> String {
        link.name == "uplink" ? link.name : "uplink \(link.name)"
    }

    // MARK: The machine

    private var journal: [Finding] {
        var findings: [Finding] = []
        if let failure = report.journal.failure {
            findings.append(
                Finding(
                    .problem, "journal", "the disk does not take readings: \(failure)",
                    mend: "`armadio doctor --only disk` looks at space and card; readings wait in "
                        + "memory"))
        }
        if report.journal.lost > 0 {
            findings.append(
                Finding(
                    .warning, "journal",
                    "\(report.journal.lost) readings were given up since the start",
                    mend: "the outage was longer than the journal is large: raise `journal: size`, "
                        + "or poll less often"))
        }
        return findings
    }

    private var watchdog: [Finding] {
        guard let watchdog = report.watchdog, let failure = watchdog.failure else { return [] }
        // Only one that is open has a timeout.
        let mend =
            watchdog.timeoutSeconds == nil
            ? "`armadio doctor --only permissions` says who may open it; only one program can"
            : "a part of the gateway hangs: the board starts anew by itself; if it happens again, "
                + "send an `armadio support-bundle`"
        return [
            Finding(
                .problem, "watchdog", "\(watchdog.device) is not fed: \(failure)", mend: mend)
        ]
    }

    private var clock: [Finding] {
        guard report.clock != "synchronized" else { return [] }
        return [
            Finding(
                .warning, "clock",
                "it is \(report.clock): readings are sent with relative times",
                mend: "`armadio doctor --only clock` looks for a time source")
        ]
    }

    // MARK: Buses and devices

    private var buses: [Finding] {
        let lent = report.lentBuses ?? []
        let overloads = (report.buses ?? []).compactMap { bus in
            bus.overload.map { overload in
                let parts = overload.split(separator: ";", maxSplits: 1)
                return Finding(
                    .warning, "bus \(bus.name)", String(parts.first ?? ""),
                    mend: parts.dropFirst().first.map { String($0.drop { $0 == " " }) })
            }
        }
        let lines = WiringHints.lines(of: report).filter { !lent.contains($0.bus) }
        return lines.flatMap(\.findings) + overloads
    }
}

extension WiringHints {
    /// The lines that a report tells of, with their devices; devices of no known bus are a line each.
    public static func lines(of report: StatusReport) -> [WiringHints] {
        var lines = (report.buses ?? []).map { bus in
            WiringHints(
                bus: bus.name, kind: bus.kind.flatMap(Kind.init) ?? .other, devices: [])
        }
        let places = Dictionary(
            lines.enumerated().map { ($1.bus, $0) }, uniquingKeysWith: { first, _ in first })
        for device in report.devices {
            if let place = device.bus.flatMap({ places[$0] }) {
                lines[place].devices.append(Device(device))
            } else {
                lines.append(
                    WiringHints(bus: device.name, kind: .other, devices: [Device(device)]))
            }
        }
        return lines.filter { !$0.devices.isEmpty }
    }
}

extension WiringHints.Device {
    fileprivate init(_ device: StatusReport.Device) {
        self.init(device.name)
        (isAnswering, failingSeconds) = (device.isAnswering, device.failingSeconds)
        failure = device.failure
        errors.requests = device.requests
        errors.timeouts = device.timeouts ?? 0
        errors.exceptions = device.exceptions ?? 0
        errors.checksum = device.checksumErrors ?? 0
        errors.corrupt = device.corrupt ?? 0
    }
}
