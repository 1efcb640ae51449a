import Buses
import Console
import Drivers
import Gateway
import Settings
import Telemetry

/// The fourth step: what hangs on the buses, under which names, and whether its values are right.
extension SetupWizard {
    func findDevices() async throws(AnswerStop) {
        (draft.buses, draft.devices) = ([], [])
        for place in places {
            let loan = await borrow(place)
            let stop = await outcome(of: place)
            await giveBack(loan)
            if let stop { throw stop }
        }
    }

    /// What ended the work at a place before its end; nil for nothing. A value, so that the bus goes
    /// back in any case.
    private func outcome(of place: SetupPlace) async -> AnswerStop? {
        do throws(AnswerStop) {
            switch place {
            case .modbus(let name, let endpoint, let units):
                try await findDevices(on: name, endpoint, units)
            case .chips(let adapter): try await findChips(on: adapter)
            }
            return nil
        } catch {
            return error
        }
    }

    // MARK: A bus that a gateway polls

    private func borrow(_ place: SetupPlace) async -> BorrowedBus? {
        guard case .modbus(_, let endpoint, _) = place else { return nil }
        do throws(ControlClient.Failure) {
            return try await BorrowedBus(endpoint.address, socket: paths.control) { _ in }
        } catch {
            interview.tell(SetupTexts.broken("\(error)"))
            return nil
        }
    }

    private func giveBack(_ loan: BorrowedBus?) async {
        do throws(ControlClient.Failure) {
            try await loan?.giveBack()
        } catch {
            interview.tell(SetupTexts.broken("\(error)"))
        }
    }

    // MARK: Modbus

    private func findDevices(
        on name: String, _ endpoint: ModbusEndpoint, _ units: [UInt8]
    ) async throws(AnswerStop) {
        interview.show(SetupTexts.scanning(endpoint.address))
        let result = await scan(name, endpoint, units)
        try refuseAnswers(on: name, beyond: result.devices.map { "\(name)/\($0.unit)" })
        guard let first = result.devices.first else {
            interview.tell(
                result.failure.map { SetupTexts.broken($0.message) }
                    ?? SetupTexts.nothing(endpoint.address))
            return try goOnWithout(endpoint.address, name)
        }
        if let failure = result.failure { interview.tell(SetupTexts.broken(failure.message)) }
        draft.buses.append(
            SetupDraft.Bus(name: name, settings: ScanProposal.settings(of: first.endpoint)))
        let proposal = ScanProposal(result.devices, bus: name, target: endpoint.address)
        var habit: String?
        for device in result.devices {
            try await settle(
                FoundDevice(device, on: name, endpoint.address, proposal), habit: &habit)
        }
    }

    private func goOnWithout(_ place: String, _ name: String) throws(AnswerStop) {
        let question = Question(
            ["empty", name], SetupTexts.empty(place),
            choices: [.init("yes", SetupTexts.withoutIt), .init("no", SetupTexts.lookAgain)],
            suggestion: "no")
        if try interview.choose(question) == "no" { throw .again }
    }

    /// A file's answers about devices of a bus that are not there.
    func refuseAnswers(on bus: String, beyond found: [String]) throws(AnswerStop) {
        let missing = interview.source.names(below: ["devices"])
            .filter { $0.hasPrefix(bus + "/") && !found.contains($0) }
        guard missing.isEmpty else { throw .impossible(SetupTexts.unexpected(missing)) }
    }

    private func scan(
        _ name: String, _ endpoint: ModbusEndpoint, _ units: [UInt8]
    ) async -> ScanResult {
        var endpoints = [endpoint]
        var timeout = Duration.milliseconds(500)
        if case .serial(let port) = endpoint {
            endpoints = ScanPlan.settings(
                of: port, baud: nil, parity: nil, stopBits: nil,
                isFull: units.count > ScanPlan.quickUnits.count * 4)
            timeout = .milliseconds(300)
        }
        let plan = ScanPlan(endpoints: endpoints, units: units, timeout: timeout)
        let known = FingerprintRecognizer(environment.profiles.fingerprints)
        let buses = environment.buses
        let line = ModbusLine(name: name, endpoint: endpoint, responseTimeout: timeout)
        let scan = LineScan(plan: plan, profiles: [known], clock: environment.clock) { endpoint in
            var line = line
            line.endpoint = endpoint
            return buses.modbus(line)
        }
        var shown = environment.clock.now()
        return await scan.run { event in
            switch event {
            case .found(let device): interview.tell(SetupTexts.found(device))
            case .progress(let progress):
                let now = environment.clock.now()
                guard now - shown >= Self.progressInterval else { return }
                shown = now
                interview.tell(SetupTexts.progress(progress))
            }
        }
    }

    /// How often the progress of a scan is told.
    private static let progressInterval = Duration.seconds(3)

    // MARK: One device

    /// A device that a scan has found, where it is asked about.
    struct FoundDevice {
        var device: ScannedDevice
        var bus: String
        var target: String
        var proposal: ScanProposal

        init(_ device: ScannedDevice, on bus: String, _ target: String, _ proposal: ScanProposal) {
            (self.device, self.bus, self.target) = (device, bus, target)
            self.proposal = proposal
        }

        var label: String { "\(bus)/\(device.unit)" }
        var key: [String] { ["devices", label] }
        /// The answer that takes it as it was recognised; nil if it was not.
        var recognised: String? {
            device.profile ?? device.sunSpec.map { _ in "sunspec" }
        }
    }

    private func settle(_ found: FoundDevice, habit: inout String?) async throws(AnswerStop) {
        while true {
            let choice = try askProfile(found, habit)
            guard choice != "skip" else {
                draft.open.append(SetupTexts.skipped(found.label))
                return
            }
            var device = found.entry(choice, in: environment.profiles)
            device.name = try askName(found.key, found.label, "unit-\(found.device.unit)")
            let wasSettled = try await look(at: &device, found.key, habit: choice, &habit)
            switch wasSettled {
            case .right:
                if choice == "none" {
                    draft.open.append(
                        SetupTexts.rawDevice(device.name, found.target, found.device.unit))
                }
                draft.devices.append(device)
                return
            case .skip:
                draft.open.append(SetupTexts.skipped(found.label))
                return
            case .otherProfile: continue
            }
        }
    }

    private func askProfile(
        _ found: FoundDevice, _ habit: String?
    ) throws(AnswerStop) -> String {
        var choices: [Question.Choice] = []
        if let recognised = found.recognised {
            choices.append(.init(recognised, SetupTexts.asFound))
        } else if let habit {
            choices.append(.init(habit))
        }
        choices += [
            .init("list", SetupTexts.listProfiles), .init("none", SetupTexts.noProfile),
            .init("skip", SetupTexts.skip),
        ]
        let question = Question(
            found.key + ["profile"], SetupTexts.profile(found.label, found.device.title),
            choices: choices, other: SetupTexts.profileOther,
            suggestion: found.recognised ?? habit)
        let names = environment.profiles.names
        return try interview.ask(question) { text -> Interview.Verdict<String> in
            let word = self.interview.choice(text, of: question) ?? text
            if word == "list" { return .flaw(self.profileTable) }
            let isKnown = word == found.recognised || ["none", "skip"].contains(word)
            if isKnown || names.contains(word) { return .fits(word) }
            return .flaw(
                SetupTexts.noSuchProfile(word, Spelling.suggestion(for: word, among: names)))
        }
    }

    private var profileTable: String {
        let rows = environment.profiles.names.map { name -> [String] in
            guard case .found(let profile) = environment.profiles.find(name) else {
                return [name, ""]
            }
            let title = [profile.settings.maker, profile.settings.title].compactMap { $0 }
            return [name, String(title.joined(separator: ", ").prefix(48))]
        }
        return table(["PROFILE", "DEVICE"], rows)
    }

    func askName(
        _ key: [String], _ label: String, _ suggestion: String
    ) throws(AnswerStop) -> String {
        let taken = draft.devices.map(\.name)
        let question = Question(
            key + ["name"], SetupTexts.deviceName(label),
            suggestion: taken.contains(suggestion) ? label.replacing("/", with: "-") : suggestion)
        return try askName(question, taken)
    }

    func askName(_ question: Question, _ taken: [String]) throws(AnswerStop) -> String {
        try interview.ask(question) { text in
            if taken.contains(text) { return .flaw(SetupTexts.taken(text)) }
            return SettingsFile.isName(text) ? .fits(text) : .flaw(SetupTexts.nameFlaw)
        }
    }
}

extension SetupWizard.FoundDevice {
    /// What the configuration is to say of it with a profile, as it was recognised, or `none`.
    func entry(_ choice: String, in profiles: ProfileLibrary) -> SetupDraft.Device {
        var known = device
        known.profile = choice == "none" || choice == "sunspec" ? nil : choice
        if choice != "sunspec" { known.sunSpec = nil }
        let entry = proposal.entry(known)
        var result = SetupDraft.Device(
            name: "unit-\(device.unit)", bus: bus, comments: entry.comments, keys: entry.keys)
        if case .found(let profile) = profiles.find(choice) {
            result.takesOrder = true
            result.ordered = profile.ordered
        }
        return result
    }
}

extension DeviceProfile {
    /// The points of two registers and more that say their order of words themselves.
    fileprivate var ordered: [String] {
        guard let points = device["points"] else { return [] }
        return points.keys.filter { name in
            guard let point = points[name], point["order"]?.text != nil,
                let text = point["type"]?.text
            else { return false }
            return RegisterType(rawValue: text)?.registers ?? 0 > 1
        }
    }
}
