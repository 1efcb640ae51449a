import Buses
import Telemetry

extension DriverKind {
    /// Any Modbus device whose registers the configuration lists.
    public static let registerMap = DriverKind(
        name: "register-map",
        summary: "any Modbus device, its registers listed in the configuration",
        bus: .modbus,
        plan: { source in
            guard let options = source.decode(RegisterMapOptions.self) else { return nil }
            return RegisterMapPlan(options: options, source: source).plan()
        })
}

/// Checks a register map's options and turns them into channels and a driver. Every problem is
/// reported; the plan is nil if there was one. The points are checked in `PointCheck`.
private struct RegisterMapPlan {
    var options: RegisterMapOptions
    var source: any OptionsSource

    func plan() -> DevicePlan? {
        var limit = options.maximumRegisters ?? ModbusLimits.readRegisters
        var isSound = checkRange("max-registers", limit, 1...ModbusLimits.readRegisters)
        // The points are not to be blamed for a limit that is none.
        if !isSound { limit = ModbusLimits.readRegisters }
        let gap = options.noHoles == true ? 0 : options.maximumGap ?? ModbusLimits.readRegisters
        isSound = checkRange("max-gap", gap, 0...ModbusLimits.readRegisters) && isSound
        if let pause = options.pause, !(.zero ... .seconds(5)).contains(pause) {
            source.report(
                path: ["pause"], "`pause` is \(pause.text), which is out of range",
                mend: "write 0s to 5s")
            isSound = false
        }
        if options.points.entries.isEmpty {
            source.report(
                path: ["points"], "the device has no points",
                mend: "list at least one, such as `voltage: {holding: 0}`")
            isSound = false
        }
        var registers: [RegisterMapDriver.Register] = []
        for (name, point) in options.points.entries {
            do throws(PointFlaw) {
                let point = options.ordered(point)
                registers.append(try PointCheck(name: name, point: point, limit: limit).register())
            } catch {
                source.report(
                    path: ["points", name] + error.keys, error.what, mend: error.mend)
                isSound = false
            }
        }
        guard isSound else { return nil }
        return plan(registers, BlockPlanner(maximumRegisters: limit, maximumGap: gap))
    }

    private func plan(
        _ registers: [RegisterMapDriver.Register], _ planner: BlockPlanner
    ) -> DevicePlan {
        let channels = zip(registers, options.points.entries).map { register, entry in
            Channel(
                name: register.name, unit: entry.value.unit ?? .none,
                isWritable: register.writing != nil, safeValue: register.writing?.safeValue)
        }
        let (unit, timeout, pause) = (options.unitID, options.responseTimeout, options.pause)
        return DevicePlan(channels: channels) { handle, memory in
            guard case .modbus(let bus) = handle else {
                preconditionFailure("checked: a Modbus bus")
            }
            return RegisterMapDriver(
                bus: bus, unit: unit, responseTimeout: timeout, pause: pause, planner: planner,
                registers: registers, memory: memory)
        }
    }

    private func checkRange(_ key: String, _ value: Int, _ range: ClosedRange<Int>) -> Bool {
        if range.contains(value) { return true }
        source.report(
            path: [key], "`\(key)` is \(range.lowerBound) to \(range.upperBound), not \(value)",
            mend: "leave it out for the protocol's own limit")
        return false
    }
}
