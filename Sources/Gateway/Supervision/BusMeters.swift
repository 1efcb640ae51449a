import Buses
import Telemetry

/// The meters of a bus: its own and those of the devices on it.
struct BusMeters: Sendable {
    var name: String
    var kind: String
    var line: LineMeter
    var devices: [DeviceMeter]

    func report(at now: Instant) -> StatusReport.Bus {
        let counts = devices.map(\.snapshot)
        func sum(_ count: (DeviceMeter.Counts) -> UInt64) -> UInt64 {
            counts.reduce(0) { $0 + count($1) }
        }
        let plans = counts.compactMap(\.plan)
        return StatusReport.Bus(
            name: name, loadPercent: (line.load(at: now) * 1000).rounded() / 10,
            requests: sum(\.requests), timeouts: sum(\.timeouts), exceptions: sum(\.exceptions),
            checksumErrors: sum(\.checksumErrors), corrupt: sum(\.corrupt),
            plannedRequests: plans.reduce(0) { $0 + $1.requests },
            registersRead: plans.reduce(0) { $0 + $1.read },
            registersWanted: plans.reduce(0) { $0 + $1.wanted }, kind: kind,
            overload: line.overload)
    }
}

extension BusLine {
    /// What kind of line it is, as `status` names it.
    var kindName: String {
        switch self {
        case .modbus(let line):
            switch line.endpoint {
            case .tcp: "tcp"
            case .serial: "serial"
            case .rtuOverTCP: "serial-server"
            }
        case .i2c: "i2c"
        case .gpio: "gpio"
        case .hwmon: "hwmon"
        case .process: "exec"
        }
    }
}
