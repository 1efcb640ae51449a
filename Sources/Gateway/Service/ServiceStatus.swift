/// How the gateway is doing, in one line, what is wrong first: `systemctl status` shows it.
enum ServiceStatus {
    /// The most devices and links that are named.
    static let nameLimit = 3

    static func line(_ report: StatusReport) -> String {
        let troubles = self.troubles(report)
        let waiting = UInt64(report.journal.inMemory) + report.journal.onDisk
        // With a link that is up, some are always on their way.
        let isBehind = report.journal.onDisk > 0 || report.uplinks.contains { !$0.isUp }
        let rest = isBehind && waiting > 0 ? ["\(grouped(waiting)) readings wait"] : []
        return (troubles.isEmpty ? allIsWell(report) + rest : troubles + rest)
            .joined(separator: "; ")
    }

    private static func troubles(_ report: StatusReport) -> [String] {
        var troubles: [String] = []
        if let failure = report.journal.failure {
            troubles.append("the journal's disk fails: \(failure)")
        }
        if report.journal.lost > 0 {
            troubles.append("\(grouped(report.journal.lost)) readings were given up")
        }
        if let failure = report.watchdog?.failure {
            troubles.append("the watchdog is not fed: \(failure)")
        }
        if let failure = report.configurationFailure {
            troubles.append("the changed configuration is not in use: \(failure)")
        }
        let silent = report.devices.filter { !$0.isAnswering }.map(\.name)
        if !silent.isEmpty {
            let verb = silent.count == 1 ? "does" : "do"
            troubles.append(
                "\(silent.count) of \(report.devices.count) devices \(verb) not answer (\(names(silent)))"
            )
        }
        let late = (report.buses ?? []).filter { $0.overload != nil }.map(\.name)
        if !late.isEmpty { troubles.append("too much to read on \(names(late))") }
        for link in report.uplinks.filter({ !$0.isUp }).prefix(nameLimit) {
            // What to do about it follows behind a semicolon: `armadio status` has room for that.
            let reason = link.failure?.split(separator: ";").first.map { ": \($0)" } ?? ""
            troubles.append("\(link.name) is down\(reason)")
        }
        return troubles
    }

    private static func allIsWell(_ report: StatusReport) -> [String] {
        let count = report.devices.count
        let devices = count == 1 ? "1 device answers" : "\(count) devices answer"
        let links = report.uplinks.count == 1 ? "the uplink is up" : "all uplinks are up"
        return [devices, links]
    }

    private static func names(_ all: [String]) -> String {
        let rest = all.count > nameLimit ? ", ..." : ""
        return all.prefix(nameLimit).joined(separator: ", ") + rest
    }

    /// A number with its thousands apart: 1,204.
    static func grouped(_ number: UInt64) -> String {
        let digits = Array(String(number))
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index) % 3 == 0 ? [",", digit] : [digit]
            })
    }
}
