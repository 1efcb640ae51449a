import Testing

@testable import Gateway
@testable import Technician

/// The word of `health` and the findings of `status` say the same.
@Suite struct HealthTests {
    private typealias Change = @Sendable (inout StatusReport) -> Void

    private static let devices: [StatusReport.Device] = [.on("plc", "a"), .on("plc", "b")]

    private func judge(_ change: (inout StatusReport) -> Void) -> JudgedStatus {
        var report = StatusReport.well(devices: Self.devices, buses: [.line("plc")])
        change(&report)
        return JudgedStatus(report)
    }

    @Test func nothingWrongIsOK() {
        let status = judge { _ in }
        #expect(status.health == .ok && status.findings.isEmpty)
        // Worth knowing is not wrong.
        let lent = judge { $0.lentBuses = ["plc"] }
        #expect(lent.health == .ok && !lent.findings.isEmpty)
    }

    private static let degraded: [(String, Change)] = [
        ("link", { $0.uplinks[0].isUp = false }), ("clock", { $0.clock = "unsynchronized" }),
        ("set aside", { $0.uplinks[0].setAside = 3 }),
        ("configuration", { $0.configurationFailure = "x" }), ("lost", { $0.journal.lost = 1 }),
        ("overload", { $0.buses?[0].overload = "too much" }),
        ("a device", { $0.devices[0] = .on("plc", "a", isAnswering: false, timeouts: 9) }),
        (
            "no watchdog",
            {
                $0.watchdog = StatusReport.Watchdog(
                    device: "/dev/watchdog", isFed: false, failure: "busy")
            }
        ),
        (
            "power line",
            {
                $0.powerFail = StatusReport.PowerFail(
                    line: "pin-7", isActive: false, count: 0, failure: "it is taken")
            }
        ),
    ]

    @Test(arguments: degraded.indices)
    func whatIsWrongIsDegraded(_ index: Int) {
        let (name, change) = Self.degraded[index]
        let status = judge(change)
        #expect(status.health == .degraded, "\(name)")
        #expect(status.findings.contains { $0.severity >= .warning }, "\(name)")
    }

    private static let failing: [(String, Change)] = [
        ("disk", { $0.journal.failure = "Read-only file system" }),
        (
            "hangs",
            {
                $0.watchdog = StatusReport.Watchdog(
                    device: "/dev/watchdog", isFed: false, failure: "no sign of life",
                    timeoutSeconds: 60)
            }
        ),
        (
            "all devices",
            {
                for index in $0.devices.indices {
                    $0.devices[index] = .on("plc", "d\(index)", isAnswering: false, timeouts: 9)
                }
            }
        ),
        (
            "mains",
            {
                $0.powerFail = StatusReport.PowerFail(
                    line: "pin-7", isActive: true, sinceSeconds: 3, count: 1)
            }
        ),
    ]

    @Test(arguments: failing.indices)
    func whatStopsTheWorkIsFailing(_ index: Int) {
        let (name, change) = Self.failing[index]
        let status = judge(change)
        #expect(status.health == .failing, "\(name)")
        #expect(status.findings.contains { $0.severity == .problem }, "\(name)")
    }
}
