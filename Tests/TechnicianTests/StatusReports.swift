@testable import Gateway

/// Reports of gateways as the tests want them.
extension StatusReport {
    /// A gateway with nothing wrong.
    static func well(devices: [Device] = [], buses: [Bus] = []) -> StatusReport {
        StatusReport(
            gateway: "cabinet-0042", version: "0.1.0", uptimeSeconds: 86_400, clock: "synchronized",
            uplinks: [.up(named: "uplink")],
            journal: Journal(
                epoch: "5", readings: 123_456, inMemory: 12, onDisk: 0, diskBytes: 1 << 20,
                commits: 12, lost: 0),
            buses: buses, devices: devices)
    }
}

extension StatusReport.Link {
    static func up(named name: String) -> StatusReport.Link {
        StatusReport.Link(
            name: name, isUp: true, broker: "mqtts://broker.city.example:8883",
            protocolVersion: "5", sinceSeconds: 3600, connects: 1, sent: 1000, acknowledged: 1000,
            refused: 0, inFlight: 0, uncommitted: 0, payloadBytes: 0, bytesSent: 0,
            bytesReceived: 0, failedTries: 0, setAside: 0, commands: 0, refusedCommands: 0)
    }
}

extension StatusReport.Bus {
    static func line(_ name: String, _ kind: String = "serial") -> StatusReport.Bus {
        StatusReport.Bus(
            name: name, loadPercent: 12, requests: 1000, timeouts: 0, exceptions: 0,
            checksumErrors: 0, corrupt: 0, plannedRequests: 3, registersRead: 30,
            registersWanted: 20, kind: kind)
    }
}

extension StatusReport.Device {
    static func on(
        _ bus: String, _ name: String, isAnswering: Bool = true, timeouts: UInt64 = 0,
        exceptions: UInt64 = 0, checksumErrors: UInt64 = 0, corrupt: UInt64 = 0
    ) -> StatusReport.Device {
        StatusReport.Device(
            name: name, isAnswering: isAnswering, good: 123_456, bad: timeouts, requests: 1000,
            failures: timeouts + exceptions + checksumErrors + corrupt, missedPolls: 0,
            latencyMilliseconds: 12.3, latency95Milliseconds: 45.6, bus: bus, timeouts: timeouts,
            exceptions: exceptions, checksumErrors: checksumErrors, corrupt: corrupt,
            failure: isAnswering
                ? nil : "\(bus): unit 7 at /dev/ttyUSB0 did not answer within 300 ms; is it on?",
            failingSeconds: isAnswering ? nil : 90)
    }
}
