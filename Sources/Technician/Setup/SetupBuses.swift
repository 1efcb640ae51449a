import Buses
import Console
import Drivers

/// Where devices are looked for.
enum SetupPlace {
    /// A Modbus line or connection, and the unit ids to ask.
    case modbus(name: String, endpoint: ModbusEndpoint, units: [UInt8])
    /// An I2C bus.
    case chips(SetupEnvironment.Place)
}

/// The third step: which buses there are.
extension SetupWizard {
    func chooseBuses() throws(AnswerStop) {
        places = []
        let (ports, adapters) = (environment.serialPorts(), environment.adapters())
        let question = Question(
            ["buses"], SetupTexts.buses,
            choices: (ports + adapters).map { .init($0.path, $0.title) },
            other: SetupTexts.busesOther,
            suggestion: ports.isEmpty && adapters.isEmpty ? "none" : "all")
        let wanted = try interview.ask(question) { text -> Interview.Verdict<[Wanted]> in
            self.wanted(text, question, adapters)
        }
        var isModbus = false
        for (index, place) in wanted.enumerated() {
            switch place {
            case .chips(let adapter): places.append(.chips(adapter))
            case .modbus(let endpoint):
                isModbus = true
                let number = wanted.prefix(index + 1).count {
                    if case .modbus = $0 { true } else { false }
                }
                places.append(
                    .modbus(name: "modbus-\(number)", endpoint: endpoint, units: []))
            }
        }
        if isModbus { setUnits(try askUnits()) }
    }

    private enum Wanted {
        case modbus(ModbusEndpoint)
        case chips(SetupEnvironment.Place)
    }

    private func wanted(
        _ text: String, _ question: Question, _ adapters: [SetupEnvironment.Place]
    ) -> Interview.Verdict<[Wanted]> {
        if text == "none" { return .fits([]) }
        let parts =
            text == "all"
            ? question.choices.map(\.word)
            : text.split(separator: ",").map { String($0.filter { $0 != " " }) }
        var found: [Wanted] = []
        for part in parts {
            let path = interview.choice(part, of: question) ?? part
            if let adapter = adapters.first(where: { $0.path == path }) {
                found.append(.chips(adapter))
            } else if path.hasPrefix("/") {
                found.append(.modbus(.serial(SerialPort(path: path))))
            } else if let endpoint = ModbusEndpoint.tcp(text: path) {
                found.append(.modbus(endpoint))
            } else {
                return .flaw(SetupTexts.noPlace(part))
            }
        }
        return found.isEmpty ? .flaw(SetupTexts.possible(SetupTexts.busesOther)) : .fits(found)
    }

    private func askUnits() throws(AnswerStop) -> [UInt8] {
        // Not as choices: those have numbers, and so have units.
        let question = Question(
            ["units"], SetupTexts.units, other: SetupTexts.unitsOther, suggestion: "quick")
        return try interview.ask(question) { text -> Interview.Verdict<[UInt8]> in
            switch text.lowercased() {
            case "quick": .fits(ScanPlan.quickUnits)
            case "all": .fits(ScanPlan.allUnits)
            default: ScanPlan.units(text: text).map { .fits($0) } ?? .flaw(SetupTexts.unitsFlaw)
            }
        }
    }

    private func setUnits(_ units: [UInt8]) {
        places = places.map { place in
            guard case .modbus(let name, let endpoint, _) = place else { return place }
            guard case .serial = endpoint else {
                return .modbus(name: name, endpoint: endpoint, units: units)
            }
            // 0 is for all at once, and above 247 there is nobody (Modbus over Serial Line V1.02,
            // section 2.2).
            let serial = units.filter { (1...247).contains($0) }
            return .modbus(name: name, endpoint: endpoint, units: serial)
        }
    }
}
