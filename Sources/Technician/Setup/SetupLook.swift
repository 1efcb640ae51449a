import Console
import Drivers
import Gateway
import Settings
import Telemetry

/// What a device shows at the moment.
struct LiveView {
    /// A point as it is shown.
    struct Row {
        var point: String
        var value: Value?
        var unit: String
        var quality: String

        var isPlausible: Bool {
            value.map { Plausibility.isPlausible($0, unit: unit) } ?? false
        }

        var text: String {
            guard let value else { return quality }
            return value.shown + (unit.isEmpty || unit == "/" ? "" : " " + unit)
        }
    }

    var rows: [Row] = []
    /// Why it could not be read.
    var failure: String?

    /// How many rows may be true.
    var plausible: Int { rows.count(where: \.isPlausible) }
    var isPlausible: Bool { !rows.isEmpty && plausible == rows.count }

    var text: String {
        let width = rows.map(\.point.count).max() ?? 0
        var lines = rows.map { row in
            let gap = String(repeating: " ", count: width - row.point.count + 2)
            return "  \(row.isPlausible ? " " : "!") \(row.point)\(gap)\(row.text)"
        }
        if rows.isEmpty { lines.append(SetupTexts.unreadable(failure ?? "no points")) }
        if rows.contains(where: { !$0.isPlausible }) { lines.append(SetupTexts.implausible) }
        return lines.joined(separator: "\n")
    }
}

extension Value {
    /// With as many digits as a person compares with a display.
    var shown: String {
        guard case .double(let number) = self else { return description }
        if number == 0 { return "0" }
        if (0.001..<1e7).contains(number.magnitude) {
            return decimal(number, number.magnitude < 1 ? 4 : number.magnitude < 100 ? 2 : 1)
        }
        // A number that is out of all measure needs its exponent alone.
        var (digits, exponent) = (number, 0)
        while digits.isFinite, digits.magnitude >= 10 {
            (digits, exponent) = (digits / 10, exponent + 1)
        }
        while digits != 0, digits.magnitude < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
        return digits.isFinite ? "\(decimal(digits, 1))e\(exponent)" : "\(number)"
    }
}

/// "Is this right?": the values of a device, and the orders of words if they are not.
extension SetupWizard {
    /// What came of a look at a device.
    enum Look { case right, otherProfile, skip }

    /// So many points are shown, of different units as far as there are.
    private static let mostShown = 6

    func look(
        at device: inout SetupDraft.Device, _ key: [String], habit choice: String,
        _ habit: inout String?
    ) async throws(AnswerStop) -> Look {
        while true {
            let view = await view(of: device)
            interview.show(SetupTexts.values(device.name))
            interview.show(view.text)
            let question = rightQuestion(key, view)
            switch try interview.choose(question) {
            case "yes":
                // A person may know why nothing can be read now; a file cannot.
                guard interview.source.isPerson || view.rows.contains(where: { $0.value != nil })
                else {
                    throw .impossible(SetupTexts.rightWithoutValue(question.name, view.failure))
                }
                if view.rows.allSatisfy({ $0.value == nil }) {
                    draft.open.append(SetupTexts.unproven(device.name))
                }
                if choice != "none", choice != "sunspec" { habit = choice }
                return .right
            case "skip": return .skip
            default: break
            }
            if let look = try await mend(&device, key) { return look }
        }
    }

    func rightQuestion(_ key: [String], _ view: LiveView) -> Question {
        Question(
            key + ["right"], SetupTexts.right,
            choices: [.init("yes"), .init("no"), .init("skip", SetupTexts.skip)],
            suggestion: view.isPlausible ? "yes" : "no")
    }

    /// Puts the order of words right; nil if the values are to be looked at once more.
    private func mend(
        _ device: inout SetupDraft.Device, _ key: [String]
    ) async throws(AnswerStop) -> Look? {
        var choices: [Question.Choice] = []
        var best: String?
        if device.takesOrder {
            let views = await views(of: device)
            interview.show(SetupTexts.orders)
            interview.show(sideBySide(views))
            choices = views.map { .init($0.order.rawValue) }
            let most = views.map(\.view.plausible).max() ?? 0
            let likely = views.filter { $0.view.plausible == most && most > 0 }
            if likely.count == 1 { best = likely.first?.order.rawValue }
        }
        choices += [
            .init("profile", SetupTexts.asProfile), .init("skip", SetupTexts.skip),
        ]
        let question = Question(
            key + ["order"],
            SetupTexts.order + (best.map { " (" + SetupTexts.likely($0) + ")" } ?? ""),
            choices: choices, suggestion: best ?? "profile")
        switch try interview.choose(question) {
        case "profile": return .otherProfile
        case "skip": return .skip
        case let word:
            let order = WordOrder(rawValue: word)
            // What a device without any such key has needs none.
            device.order = order == .abcd && device.ordered.isEmpty ? nil : order
            return nil
        }
    }

    private func views(
        of device: SetupDraft.Device
    ) async -> [(order: WordOrder, view: LiveView)] {
        var views: [(order: WordOrder, view: LiveView)] = []
        for order in WordOrder.allCases {
            var tried = device
            tried.order = order
            views.append((order, await view(of: tried)))
        }
        return views
    }

    private func sideBySide(_ views: [(order: WordOrder, view: LiveView)]) -> String {
        let points = views.first?.view.rows ?? []
        let rows = points.indices.map { index in
            [points[index].point, points[index].unit]
                + views.map { view in
                    guard view.view.rows.indices.contains(index) else { return "-" }
                    let row = view.view.rows[index]
                    return row.value.map(\.shown) ?? row.quality
                }
        }
        let marks =
            ["plausible", ""]
            + views.map { "\($0.view.plausible) of \($0.view.rows.count)" }
        return table(["POINT", "UNIT"] + views.map(\.order.rawValue), rows + [marks])
    }

    /// Reads a device as the configuration would have it.
    func view(of device: SetupDraft.Device) async -> LiveView {
        await view(of: draft.alone(device), named: device.name)
    }

    func view(of draft: SetupDraft, named name: String) async -> LiveView {
        let plan: CabinetPlan
        do throws(SettingsProblems) {
            plan = try self.plan(of: draft)
        } catch {
            return LiveView(failure: error.description)
        }
        guard let (line, spec) = plan.device(name) else { return LiveView() }
        let channels = telling(spec)
        let read = FieldRead(line: line, device: spec, clock: environment.clock)
        let outcome = await read.outcome(of: channels, over: environment.buses)
        let rows = outcome.readings.map { reading in
            LiveView.Row(
                point: String(reading.point.drop { $0 != "/" }.dropFirst()),
                value: reading.value?.value, unit: reading.unit, quality: reading.quality)
        }
        return LiveView(rows: rows, failure: outcome.failure)
    }

    /// A draft as the gateway understands it.
    func plan(of draft: SetupDraft) throws(SettingsProblems) -> CabinetPlan {
        let file = SettingsFile(text: draft.text(paths), name: paths.configuration)
        return try CabinetPlan.load(
            file, points: PointTable(), profiles: environment.profiles, board: board)
    }

    /// The channels that tell most: one of each unit first.
    private func telling(_ spec: DeviceSpec) -> [Int] {
        var chosen: [Int] = []
        var units: Set<String> = []
        for (index, point) in spec.points.enumerated()
        where chosen.count < Self.mostShown && units.insert(point.point.unit.symbol).inserted {
            chosen.append(index)
        }
        for index in spec.points.indices
        where chosen.count < Self.mostShown && !chosen.contains(index) {
            chosen.append(index)
        }
        return chosen.sorted()
    }
}
