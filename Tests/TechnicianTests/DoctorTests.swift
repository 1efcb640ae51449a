import Buses
import Glibc
import Settings
import Telemetry
import Testing
import Uplink

@testable import Gateway
@testable import Technician

/// What `armadio doctor` finds, rule by rule, on machines of the tests' own.
@Suite struct DoctorTests {
    /// One thing that is spoilt, and what is said of it: severity, subject, words of both lines.
    struct Rule: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var area: DoctorArea
        var severity: Finding.Severity
        var subject: String
        var what: String
        var mend: String
        var spoil: @Sendable (inout DoctorScene) -> Void

        init(
            _ name: String, _ area: DoctorArea, _ severity: Finding.Severity, _ subject: String,
            _ what: String, _ mend: String, _ spoil: @escaping @Sendable (inout DoctorScene) -> Void
        ) {
            testDescription = name
            (self.area, self.severity, self.subject) = (area, severity, subject)
            (self.what, self.mend, self.spoil) = (what, mend, spoil)
        }
    }

    @Test func aHealthyCabinetHasNoFindings() async {
        for area in DoctorArea.allCases {
            #expect(await DoctorScene().findings(area) == [], "\(area)")
            #expect(await !DoctorScene().all(area).isEmpty, "\(area)")
        }
    }

    @Test(arguments: DoctorRules.all) func saysWhatIsWrongAndWhatToDo(_ rule: Rule) async throws {
        var scene = DoctorScene()
        rule.spoil(&scene)
        let findings = await scene.findings(rule.area)
        let finding = try #require(
            findings.first { $0.subject == rule.subject && $0.what.contains(rule.what) },
            "\(findings)")
        #expect(finding.severity == rule.severity)
        #expect(finding.mend?.contains(rule.mend) ?? rule.mend.isEmpty, "\(finding)")
        #expect(findings.allSatisfy { $0.severity <= rule.severity })
    }

    /// With a call that blocks, as one into a dead disk does, until the test is over.
    private func withHang(
        _ body: (_ hang: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // The other end is left to whoever still waits there.
        let (reader, writer) = (ends[0], ends[1])
        defer { close(writer) }
        try await body {
            var descriptor = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
            poll(&descriptor, 1, -1)
        }
    }

    @Test func whatHangsIsToldAndNotWaitedFor() async throws {
        try await withHang { hang in
            let doctor = Doctor([
                Examination(.disk, patience: .milliseconds(50)) {
                    hang()
                    return []
                },
                Examination(.clock) { [Finding(.ok, "clock", "well")] },
            ])
            let diagnosis = await doctor.run()
            #expect(diagnosis.entries.map(\.finding.severity) == [.warning, .ok])
            #expect(diagnosis.entries.first?.finding.mend?.contains("--only disk") == true)
        }
    }

    @Test func aCallThatHangsIsGivenUp() async throws {
        try await withHang { hang in
            let answer: Int? = await Doctor.bounded(.milliseconds(20)) {
                hang()
                return 0
            }
            #expect(answer == nil)
        }
        #expect(await Doctor.bounded(.seconds(60)) { 7 } == 7)
    }

    @Test func problemsComeFirstAndWhatIsWellOnlyOnRequest() {
        let diagnosis = Diagnosis([
            .init(area: .configuration, finding: Finding(.ok, "configuration", "fine")),
            .init(area: .clock, finding: Finding(.warning, "clock", "is free", mend: "set it")),
            .init(area: .disk, finding: Finding(.note, "card", "is old")),
            .init(area: .disk, finding: Finding(.problem, "room", "is full", mend: "make some")),
        ])
        #expect(
            diagnosis.text(FindingText(), isVerbose: false) == """
                disk
                ! room: is full
                  -> make some
                - card: is old

                clock
                * clock: is free
                  -> set it

                4 checks: 1 problem, 1 warning, 1 note
                """)
        #expect(diagnosis.text(FindingText(), isVerbose: true).contains("+ configuration: fine"))
        #expect(diagnosis.hasProblems)
        #expect(Diagnosis([]).summary == "0 checks: no problem")
    }

    @Test func aTestMessageIsPublishedOnlyWhenAskedFor() async {
        var scene = DoctorScene()
        #expect(await !scene.all(.network).contains { $0.what.contains("test message") })
        scene.isPublishing = true
        #expect(await scene.all(.network).contains { $0.what == "the broker took a test message" })
    }

    @Test func withoutRootItSaysWhatItCouldNotSee() async throws {
        var scene = DoctorScene()
        scene.facts.asker = UserFacts(id: 1000, groups: [1000, 990])
        scene.cabinet.uplinks[0].files = [.init("password", "/etc/armadio/secret", isSecret: true)]
        scene.facts.addFile("/etc/armadio/secret", mode: 0o640, owner: 0, group: 990)
        scene.facts.forbidden = ["/etc/armadio/secret"]
        let findings = await scene.findings(.configuration)
        #expect(findings.map(\.severity) == [.note])
        #expect(findings.first?.mend == "`sudo armadio doctor` may")
        let login = await scene.findings(.network)
        #expect(login.map(\.severity) == [.note])
        #expect(login.first?.what == "no login was tried: /etc/armadio/secret cannot be read")
    }

    /// A running gateway proves that its own login is taken.
    @Test func aBrokerThatKnowsClientsByTheirIdIsNoProblemWhileTheGatewayIsUp() async {
        var scene = DoctorScene()
        scene.probe.login = .failed(ConnectionFailure(.notAuthorized, "not let in"))
        #expect(await scene.findings(.network).map(\.severity) == [.note])
        scene.status?.uplinks[0].isUp = false
        #expect(await scene.findings(.network).map(\.severity) == [.problem, .problem])
    }
}
