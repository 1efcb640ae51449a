import Buses
import Telemetry

extension DriverKind {
    /// Inverters, meters and batteries that follow SunSpec: the device says where its points are.
    public static let sunSpec = DriverKind(
        name: "sunspec",
        summary: "a SunSpec inverter, meter or battery; finds its registers by itself",
        bus: .modbus,
        plan: { source in
            guard let options = source.decode(SunSpecOptions.self) else { return nil }
            return SunSpecPlan(options: options, source: source).plan()
        })
}

/// The options of the `sunspec` driver.
public struct SunSpecOptions: Decodable, Sendable {
    /// The device's unit id, 1 to 247 on a serial line, 0 to 255 on TCP.
    var unitID: UInt8
    /// The models to read: their numbers, `203#2` for the second 203 of the device.
    var models: [SunSpecChoice]?
    /// Where `SunS` stands, if at none of the usual addresses 40000, 50000 and 0.
    var base: UInt16?
    /// How many trackers model 160 is read for, 1 to 20; 2 unless given.
    var trackers: Int?
    /// The most registers the device gives in one answer, 16 to 125.
    var maximumRegisters: Int?
    /// How long this device may take to answer, if not as long as the bus allows.
    var responseTimeout: Duration?
    /// Silence before each request to this device.
    var pause: Duration?
    /// The points to read; the usual ones of the models unless given.
    var points: NamedList<PointOptions>?

    /// A point needs none of its own: interval, deadband and urgency are every point's.
    struct PointOptions: Decodable, Sendable {}

    private enum CodingKeys: String, CodingKey {
        case unitID = "unit-id"
        case models, base, trackers, pause, points
        case maximumRegisters = "max-registers"
        case responseTimeout = "response-timeout"
    }
}

/// Checks the options and turns them into channels. Every problem is reported; the plan is nil if
/// there was one.
private struct SunSpecPlan {
    var options: SunSpecOptions
    var source: any OptionsSource

    /// A text point takes up to this many registers, which no answer may be too short for.
    private static let leastRegisters = 16

    /// Longer pauses would keep the others on the line from their rhythm.
    private static let longestPause = Duration.seconds(10)

    private var trackers: Int { options.trackers ?? SunSpecModel.usualTrackers }

    func plan() -> DevicePlan? {
        let limit = options.maximumRegisters ?? ModbusLimits.readRegisters
        let isInRange =
            isWithin(
                "max-registers", limit, Self.leastRegisters...ModbusLimits.readRegisters)
            && isWithin("trackers", trackers, 1...SunSpecModel.mostTrackers)
            && isWithin("pause", options.pause ?? .zero, .zero...Self.longestPause)
        guard let models = models(), isInRange, let targets = selected(offered(by: models)) else {
            return nil
        }
        let bases = options.base.map { [$0] } ?? SunSpecDiscovery.bases
        let (unit, timeout, pause) = (options.unitID, options.responseTimeout, options.pause)
        return DevicePlan(
            channels: targets.map { Channel(name: $0.point.name, unit: $0.point.unit) }
        ) { handle in
            guard case .modbus(let bus) = handle else {
                preconditionFailure("checked: a Modbus bus")
            }
            return SunSpecDriver(
                device: HoldingReader(
                    bus: bus, unit: unit, responseTimeout: timeout, pause: pause),
                bases: bases, maximumRegisters: limit, targets: targets)
        }
    }

    private func isWithin<Value: Comparable>(
        _ key: String, _ value: Value, _ range: ClosedRange<Value>
    ) -> Bool {
        if range.contains(value) { return true }
        func text(_ value: Value) -> String { (value as? Duration)?.text ?? "\(value)" }
        source.report(
            path: [key],
            "`\(key)` is \(text(range.lowerBound)) to \(text(range.upperBound)), not \(text(value))",
            mend: "leave it out for what is usual")
        return false
    }

    private func models() -> [SunSpecChoice]? {
        guard let models = options.models, !models.isEmpty else {
            source.report(
                path: options.models == nil ? [] : ["models"], "the device's models are not named",
                mend: "add `models:`, such as `models: [103]` for an inverter of three phases; "
                    + "`armadio scan modbus` shows which the device has")
            return nil
        }
        for (index, model) in models.enumerated() where models[..<index].contains(model) {
            source.report(
                path: ["models"], "model \(model.model.id) is named twice",
                mend: "write \(model.model.id)#2 for the second of the device")
            return nil
        }
        return models
    }

    /// All points of the models. The second model of a family has the number 2 behind its points'
    /// names, the third 3: `power`, `power.2`.
    private func offered(by models: [SunSpecChoice]) -> [SunSpecDriver.Target] {
        var seen: [SunSpecModel.Family: Int] = [:]
        return models.flatMap { choice in
            let number = seen[choice.model.family, default: 0] + 1
            seen[choice.model.family] = number
            return choice.model.points(trackers: trackers).map { point in
                var point = point
                if number > 1 { point.name += ".\(number)" }
                return SunSpecDriver.Target(choice: choice, point: point)
            }
        }
    }

    /// The points that are listed, or the usual ones; nil if there is none of a listed name.
    private func selected(_ offered: [SunSpecDriver.Target]) -> [SunSpecDriver.Target]? {
        guard let listed = options.points else { return offered.filter(\.point.isUsual) }
        let names = offered.map(\.point.name)
        var isSound = true
        let targets = listed.entries.compactMap { name, _ in
            if let target = offered.first(where: { $0.point.name == name }) { return target }
            source.report(
                path: ["points", name], "the models have no point `\(name)`",
                mend: Spelling.suggestion(for: name, among: names)
                    ?? "they have: " + names.joined(separator: ", "))
            isSound = false
            return nil
        }
        if targets.isEmpty, isSound {
            source.report(
                path: ["points"], "no point is listed",
                mend: "leave `points` out for the usual ones")
            isSound = false
        }
        return isSound ? targets : nil
    }
}
