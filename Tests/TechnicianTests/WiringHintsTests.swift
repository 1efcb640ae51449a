import Gateway
import Technician
import Testing

/// What a bus's errors say about its wiring.
@Suite struct WiringHintsTests {
    /// What was seen, and what is said of it.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind = "serial"
        var devices: [StatusReport.Device]
        /// A finding's severity, subject, and a word of its text and of its advice.
        var findings: [(Finding.Severity, String, String, String)]
    }

    static let cases = [
        Case(
            testDescription: "all answer",
            devices: [.on("plc", "a"), .on("plc", "b", timeouts: 3, checksumErrors: 2)],
            findings: []),
        Case(
            testDescription: "a serial line without an answer",
            devices: [
                .on("plc", "a", isAnswering: false, timeouts: 1000),
                .on("plc", "b", isAnswering: false, timeouts: 1000),
            ],
            findings: [(.problem, "bus plc", "none of its 2 devices answers (a, b)", "A and B")]),
        Case(
            testDescription: "the only device is silent",
            devices: [.on("plc", "a", isAnswering: false, timeouts: 1000)],
            findings: [(.problem, "bus plc", "its only device a does not answer", "A and B")]),
        Case(
            testDescription: "nobody answers on a network", kind: "tcp",
            devices: [.on("plc", "a", isAnswering: false)],
            findings: [(.problem, "bus plc", "its only device a", "network cable")]),
        Case(
            testDescription: "nobody answers behind a serial server", kind: "serial-server",
            devices: [.on("plc", "a", isAnswering: false, timeouts: 1000)],
            findings: [(.problem, "bus plc", "its only device a", "serial server")]),
        Case(
            testDescription: "no chip answers", kind: "i2c",
            devices: [.on("plc", "a", isAnswering: false)],
            findings: [(.problem, "bus plc", "its only device a", "SDA and SCL")]),
        Case(
            testDescription: "one is silent while others answer",
            devices: [.on("plc", "a"), .on("plc", "b", isAnswering: false, timeouts: 1000)],
            findings: [
                (.problem, "device b", "does not answer for 1 min 30 s while others", "its unit id")
            ]),
        Case(
            testDescription: "one refuses all",
            devices: [.on("plc", "a"), .on("plc", "b", isAnswering: false, exceptions: 900)],
            findings: [(.problem, "device b", "refuses all it is asked", "register map")]),
        Case(
            testDescription: "one refuses a part",
            devices: [.on("plc", "a", exceptions: 100)],
            findings: [(.warning, "device a", "refuses 10 %", "armadio read a")]),
        Case(
            testDescription: "some checksums are wrong",
            devices: [.on("plc", "a", checksumErrors: 30), .on("plc", "b")],
            findings: [(.warning, "bus plc", "2 % of the answers", "120 ohm")]),
        Case(
            testDescription: "most checksums are wrong",
            devices: [.on("plc", "a", checksumErrors: 900)],
            findings: [(.problem, "bus plc", "90 % of the answers", "baud or parity")]),
        Case(
            testDescription: "answers of others",
            devices: [.on("plc", "a", corrupt: 50)],
            findings: [(.warning, "bus plc", "5 % of the answers belong", "two masters")]),
        Case(
            testDescription: "some requests are lost",
            devices: [.on("plc", "a", timeouts: 80)],
            findings: [(.warning, "device a", "leaves 8 %", "loose terminal")]),
        Case(
            testDescription: "a program that does not answer", kind: "exec",
            devices: [.on("plc", "a", isAnswering: false)],
            findings: [(.problem, "device a", "does not answer", "armadio read a")]),
    ]

    @Test(arguments: cases) func saysWhatToLookAt(_ scene: Case) throws {
        let report = StatusReport.well(
            devices: scene.devices, buses: [.line("plc", scene.kind)])
        let findings = WiringHints.lines(of: report).flatMap(\.findings)
        try #require(findings.count == scene.findings.count)
        for (finding, (severity, subject, what, mend)) in zip(findings, scene.findings) {
            #expect(finding.severity == severity)
            #expect(finding.subject == subject)
            #expect(finding.what.contains(what))
            #expect(finding.mend?.contains(mend) == true)
        }
    }

    @Test func aFewRequestsSayNothing() {
        var device = StatusReport.Device.on("plc", "a", timeouts: 3, checksumErrors: 3)
        device.requests = 10
        let report = StatusReport.well(devices: [device], buses: [.line("plc")])
        #expect(WiringHints.lines(of: report).flatMap(\.findings).isEmpty)
    }

    @Test func aReasonIsSaidOnceWithoutItsAdvice() throws {
        let report = StatusReport.well(
            devices: [.on("plc", "a", isAnswering: false, timeouts: 1000)],
            buses: [.line("plc")])
        let finding = try #require(WiringHints.lines(of: report).first?.findings.first)
        #expect(
            finding.what.hasSuffix(": plc: unit 7 at /dev/ttyUSB0 did not answer within 300 ms"))
    }
}
