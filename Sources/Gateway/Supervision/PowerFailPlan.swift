import Buses
import Settings
import Telemetry

/// The line that tells of a power failure, found and checked.
struct PowerFailPlan: Sendable, Equatable {
    /// What the configuration calls it.
    var name: String
    var line: GPIOLine
    var debounce: Duration
    /// How long the mains have to be back.
    var returnAfter: Duration
}

extension PlanBuilder {
    var powerFail: PowerFailPlan? {
        guard let settings = settings.powerFail, let address = powerFailAddress else { return nil }
        let bias: GPIOLine.Bias =
            switch settings.bias {
            case .asIs: .asIs
            case .none: .none
            case .pullUp: .pullUp
            case .pullDown: .pullDown
            }
        let line = GPIOLine(
            address, .input(.both, debounce: settings.debounce),
            isActiveLow: settings.isActiveLow, bias: bias)
        return PowerFailPlan(
            name: settings.line, line: line, debounce: settings.debounce,
            returnAfter: settings.returnAfter)
    }

    /// As devices' lines are found: by the board's name, else as the kernel has it.
    private var powerFailAddress: GPIOLine.Address? {
        settings.powerFail.flatMap { board?.line(named: $0.line) ?? GPIOLine.Address($0.line) }
    }

    /// The line is one, and nobody else's: the kernel gives it to one owner alone.
    func checkPowerFail(_ devices: [PlannedDevice]) {
        guard let settings = settings.powerFail else { return }
        let path = ["power-fail", "line"]
        guard let address = powerFailAddress else {
            return report(
                path, "`\(settings.line.prefix(80))` is no line",
                "write the line's name, such as pin-7, or CHIP:OFFSET")
        }
        for spec in devices.map(\.spec) {
            guard let channel = spec.plan.lines.firstIndex(of: address) else { continue }
            report(
                path, "the line `\(settings.line)` is used by `\(spec.points[channel].point.path)`",
                "give one of them another line")
        }
    }
}
