import Gateway

/// The wiring of the buses, by the errors that the running gateway has counted.
struct BusesExam {
    let status: StatusReport?
    let cabinet: CabinetFacts

    func examine() async -> [Finding] {
        guard let status else {
            guard !cabinet.lines.isEmpty else { return [] }
            return [
                Finding(
                    .note, "buses", "no gateway runs that has counted their errors",
                    mend: "start the gateway and look again, or read a device: `armadio read`")
            ]
        }
        let lent = status.lentBuses ?? []
        return WiringHints.lines(of: status).flatMap { line in
            let findings = lent.contains(line.bus) ? [] : line.findings
            let count = line.devices.count
            return findings.isEmpty
                ? [
                    Finding(
                        .ok, "bus \(line.bus)",
                        count == 1 ? "its device answers" : "its \(count) devices answer")
                ]
                : findings
        }
    }
}
