import Buses
import Console
import Drivers
import Gateway
import Settings
import Telemetry

/// Chips on I2C buses, and GPIO lines.
extension SetupWizard {
    func findChips(on adapter: SetupEnvironment.Place) async throws(AnswerStop) {
        interview.show(SetupTexts.scanning(adapter.path))
        let scanned = await environment.scanChips(adapter)
        if let failure = scanned.failure { interview.tell(SetupTexts.broken(failure)) }
        let proposal = I2CProposal([scanned])
        try refuseAnswers(
            on: adapter.name,
            beyond: scanned.findings.map { "\(adapter.name)/\($0.address.hexadecimal)" })
        for finding in scanned.findings {
            interview.show("  \(finding.address.hexadecimal)  \(proposal.words(finding))")
        }
        if scanned.findings.contains(where: { !$0.drivers.isEmpty }) {
            draft.buses.append(
                SetupDraft.Bus(name: adapter.name, settings: "{i2c: {path: \(adapter.path)}}"))
        }
        for finding in scanned.findings where !finding.drivers.isEmpty {
            try await settle(finding, on: adapter.name, proposal)
        }
    }

    private func settle(
        _ finding: I2CFinding, on bus: String, _ proposal: I2CProposal
    ) async throws(AnswerStop) {
        let label = "\(bus)/\(finding.address.hexadecimal)"
        let key = ["devices", label]
        var ignored: String?
        while true {
            let question = Question(
                key + ["driver"], SetupTexts.driver(label),
                choices: finding.drivers.map { .init($0) } + [.init("skip", SetupTexts.skip)],
                suggestion: finding.drivers.first)
            let driver = try interview.choose(question)
            guard driver != "skip" else {
                draft.open.append(SetupTexts.skipped(label))
                return
            }
            var device = SetupDraft.Device(
                name: driver, bus: bus,
                keys: proposal.keys(of: finding, on: bus, driver: driver))
            device.name = try askName(
                key, label, "\(driver)-\(finding.address.hexadecimal.dropFirst(2))")
            switch try await look(at: &device, key, habit: "none", &ignored) {
            case .right:
                draft.devices.append(device)
                return
            case .skip:
                draft.open.append(SetupTexts.skipped(label))
                return
            case .otherProfile: continue
            }
        }
    }

    // MARK: GPIO lines

    /// The device that the machine's own lines belong to.
    static let lineDevice = "lines"
    /// How long a change is waited for, and how often the level is read meanwhile.
    private static let (changeWait, levelPause) = (Duration.seconds(30), Duration.milliseconds(100))

    func chooseLines() async throws(AnswerStop) {
        draft.lines = []
        let free = environment.freeLines(board)
        guard !free.isEmpty || !interview.source.names(below: ["line-points"]).isEmpty else {
            return interview.show("  no free GPIO line has a name here")
        }
        interview.show(columns(free.map(\.name)))
        let question = Question(
            ["lines"], SetupTexts.lines, other: SetupTexts.linesOther, suggestion: "none")
        let chosen = try interview.ask(question) { text -> Interview.Verdict<[String]> in
            if text == "none" { return .fits([]) }
            let names = text.split(separator: ",").map { String($0.filter { $0 != " " }) }
            for name in names where !free.contains(where: { $0.name == name }) {
                let mend = Spelling.suggestion(for: name, among: free.map(\.name))
                return .flaw(SetupTexts.noLine(name, mend))
            }
            return .fits(names)
        }
        for line in chosen { try await settle(line: line) }
    }

    /// Names side by side, within 78 columns.
    private func columns(_ names: [String]) -> String {
        var lines = ["  "]
        for name in names {
            if lines[lines.count - 1].count + name.count > 76 { lines.append("  ") }
            lines[lines.count - 1] += name + " "
        }
        return lines.joined(separator: "\n")
    }

    private func settle(line: String) async throws(AnswerStop) {
        let key = ["line-points", line]
        let taken = draft.lines.map(\.name)
        let question = Question(
            key + ["name"], SetupTexts.lineName(line), suggestion: taken.isEmpty ? "door" : nil)
        let name = try askName(question, taken)
        let contact = try interview.choose(
            Question(
                key + ["contact"], SetupTexts.contact(line),
                choices: [
                    .init("ground", SetupTexts.toGround), .init("supply", SetupTexts.toSupply),
                    .init("plain", SetupTexts.plain),
                ], suggestion: "ground"))
        let electrical =
            switch contact {
            case "ground": ", bias: pull-up, active-low: true"
            case "supply": ", bias: pull-down"
            default: ""
            }
        let text =
            "\(name): {line: \(line.yamlScalar)\(electrical), debounce: 20ms, urgent: true}"
        try await watch((name, text), key)
    }

    /// Shows the level, and a change of it where somebody is there to make one.
    private func watch(
        _ line: (name: String, text: String), _ key: [String]
    ) async throws(AnswerStop) {
        let alone = draft.alone(line: line)
        let first = await view(of: alone, named: Self.lineDevice)
        interview.show(first.text)
        if interview.source.isPerson, first.rows.first?.value != nil {
            interview.tell(SetupTexts.move(line.name))
            let seen = await change(from: first, alone)
            interview.show(seen.map(\.text) ?? SetupTexts.noChange)
        }
        let question = rightQuestion(key, first)
        switch try interview.choose(question) {
        case "yes": draft.lines.append(line)
        case "no": throw .again
        default: draft.open.append(SetupTexts.skipped(line.name))
        }
    }

    private func change(from first: LiveView, _ alone: SetupDraft) async -> LiveView? {
        let deadline = environment.clock.now() + Self.changeWait
        while environment.clock.now() < deadline, !interview.source.hasEntered() {
            let view = await view(of: alone, named: Self.lineDevice)
            if view.rows.first?.value != first.rows.first?.value { return view }
            await pause(Self.levelPause)
        }
        return nil
    }

    /// Waits, or not if the task is cancelled.
    func pause(_ time: Duration) async {
        do { try await Task.sleep(for: time) } catch {
            // Cancelled: whoever waits looks at the clock.
        }
    }
}

extension I2CFinding {
    /// The drivers that may fit, the likeliest first.
    var drivers: [String] {
        switch knowledge {
        case .kernel: []
        case .driver(let name): [name]
        case .perhaps(let names): names
        }
    }
}
