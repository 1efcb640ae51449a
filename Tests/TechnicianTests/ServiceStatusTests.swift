import Testing

@testable import Gateway

/// The line of `systemctl status`.
@Suite struct ServiceStatusTests {
    private func report(silent: Int = 0, of devices: Int = 12) -> StatusReport {
        .well(
            devices: (0..<devices).map { .on("b", "d\($0)", isAnswering: $0 >= silent) },
            buses: [.line("b")])
    }

    @Test func saysThatAllIsWell() {
        #expect(ServiceStatus.line(report()) == "12 devices answer; the uplink is up")
        #expect(ServiceStatus.line(report(of: 1)) == "1 device answers; the uplink is up")
    }

    @Test func saysWhatIsWrongFirstAndWhatWaits() {
        var report = report(silent: 2)
        report.journal.onDisk = 1192
        #expect(
            ServiceStatus.line(report)
                == "2 of 12 devices do not answer (d0, d1); 1,204 readings wait")
        report.uplinks[0].isUp = false
        report.uplinks[0].failure = "broker: nothing listens there; check the port"
        report.journal.failure = "No space left on device"
        #expect(
            ServiceStatus.line(report)
                == "the journal's disk fails: No space left on device; 2 of 12 devices do not answer (d0, d1); uplink is down: broker: nothing listens there; 1,204 readings wait"
        )
    }

    @Test func namesFewOfMany() {
        let line = ServiceStatus.line(report(silent: 5))
        #expect(line == "5 of 12 devices do not answer (d0, d1, d2, ...)")
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (10_000, "10,000"),
    ])
    func setsThousandsApart(number: UInt64, text: String) {
        #expect(ServiceStatus.grouped(number) == text)
    }
}
