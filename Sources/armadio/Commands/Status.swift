import ArgumentParser
import Console
import Gateway

/// `armadio status`: how is the running gateway doing?
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how the running gateway is doing.",
        discussion: """
            Asks the gateway over its control socket; the user needs to be in the group armadio. \
            Of the configuration it needs only that socket, so it works also while the file has \
            problems.

            Examples:
              armadio status
              armadio status --json
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("The control socket, if not the configured one.", valueName: "path"))
    var socket: String?
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report: StatusReport
        do throws(ControlClient.Failure) {
            report = try ControlClient.status(socket: socket ?? file.controlSocket())
        } catch {
            complain("\(error)")
            throw Exit.notRunning
        }
        say(json ? try Console.json(report) : StatusText(report: report).text)
    }
}

/// The status as a person reads it: what is wrong first.
struct StatusText {
    let report: StatusReport

    var text: String {
        (problems.map { "! " + $0 } + ["", summary] + report.uplinks.map(link) + [journal]
            + watchdog
            + ["", devices, "", buses])
            .drop { $0.isEmpty }
            .joined(separator: "\n")
    }

    private var problems: [String] {
        var problems: [String] = []
        if let failure = report.configurationFailure {
            problems.append("the configuration was not taken over: \(failure)")
        }
        if let trial = report.configurationTrial {
            problems.append(
                "the configuration `\(trial.id)` of \(trial.origin) is being tried: taken back in "
                    + "\(timeSpan(trial.secondsLeft)) unless it is confirmed")
        }
        if let lent = report.lentBuses {
            problems.append("not polled, lent to a command: \(lent.joined(separator: ", "))")
        }
        for link in report.uplinks { problems += self.problems(of: link) }
        if let failure = report.journal.failure {
            problems.append("the journal's disk does not take readings: \(failure)")
        }
        if let watchdog = report.watchdog, let failure = watchdog.failure {
            problems.append("the watchdog is not fed: \(failure)")
        }
        if report.journal.lost > 0 {
            problems.append("\(report.journal.lost) readings were given up since the start")
        }
        for bus in report.buses ?? [] {
            if let overload = bus.overload { problems.append("\(bus.name) \(overload)") }
        }
        for device in report.devices where !device.isAnswering {
            let time = device.failingSeconds.map { " for \(timeSpan($0))" } ?? ""
            problems.append("\(device.name) does not answer\(time): \(device.failure ?? "")")
        }
        if report.clock != "synchronized" {
            problems.append("the clock is \(report.clock): readings are sent with relative times")
        }
        return problems
    }

    private func problems(of link: StatusReport.Link) -> [String] {
        var problems: [String] = []
        if !link.isUp {
            let nextTry = link.nextTrySeconds.map { "; next try in \(timeSpan($0))" } ?? ""
            problems.append(
                "\(link.name) is down: \(link.failure ?? "not yet connected")\(nextTry)")
        }
        if let failure = link.preferredFailure {
            problems.append("\(link.name) is with \(link.broker), not with \(failure)")
        }
        if link.setAside > 0 {
            problems.append(
                "\(link.name): the broker does not take \(link.setAside) readings: "
                    + "\(link.setAsideReason ?? ""); `armadio journal stat` lists them")
        }
        return problems
    }

    private var summary: String {
        "gateway  \(report.gateway), armadio \(report.version), up \(timeSpan(report.uptimeSeconds))"
    }

    private func link(_ link: StatusReport.Link) -> String {
        let state =
            link.isUp ? "up (MQTT \(link.protocolVersion ?? "?"))" : "down"
        // What MQTT 3.1.1 cannot tell has to be known.
        let blind =
            link.isUp && link.protocolVersion == "3.1.1"
            ? "; this broker's refusals cannot be seen (MQTT 3.1.1)" : ""
        let uncommitted = link.uncommitted > 0 ? ", \(link.uncommitted) not yet committed" : ""
        let name = link.name + String(repeating: " ", count: max(1, 9 - link.name.count))
        return name + "\(link.broker) \(state) for \(timeSpan(link.sinceSeconds)); "
            + "\(link.acknowledged) messages acknowledged, \(link.inFlight) on their way, "
            + "\(link.refused) refused\(uncommitted)\(blind)"
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

    private var devices: String {
        table(
            ["DEVICE", "STATE", "GOOD", "BAD", "REQUESTS", "FAILED", "MISSED", "P50 MS", "P95 MS"],
            report.devices.map { device in
                [
                    device.name, device.isAnswering ? "ok" : "failing", "\(device.good)",
                    "\(device.bad)", "\(device.requests)", "\(device.failures)",
                    "\(device.missedPolls)",
                    device.latencyMilliseconds.map { decimal($0, 1) } ?? "-",
                    device.latency95Milliseconds.map { decimal($0, 1) } ?? "-",
                ]
            })
    }

    private var buses: String {
        table(
            ["BUS", "LOAD %", "TIMEOUTS", "REFUSED", "CRC", "WRONG", "REQ/CYCLE", "READ/WANTED"],
            (report.buses ?? []).map { bus in
                [
                    bus.name, decimal(bus.loadPercent, 1), "\(bus.timeouts)",
                    "\(bus.exceptions)", "\(bus.checksumErrors)", "\(bus.corrupt)",
                    "\(bus.plannedRequests)", "\(bus.registersRead)/\(bus.registersWanted)",
                ]
            })
    }
}
