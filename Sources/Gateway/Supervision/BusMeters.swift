import Telemetry

/// The meters of a bus: its own and those of the devices on it.
struct BusMeters: Sendable {
    var name: String
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
            registersWanted: plans.reduce(0) { $0 + $1.wanted }, overload: line.overload)
    }
}
