import Console
import Technician
import Testing

@testable import Gateway

/// What `armadio status` shows.
@Suite struct StatusTextTests {
    private static let screen = TerminalSize(rows: 24, columns: 80)

    private static func ordinary(_ count: Int = 5, silent: Int = 1) -> StatusReport {
        .well(
            devices: (1...count).map {
                .on("plc", "meter-\($0)", isAnswering: $0 <= count - silent, timeouts: 1000)
            },
            buses: [.line("plc")])
    }

    @Test func anOrdinaryCabinetFitsASmallScreen() {
        var report = Self.ordinary()
        for index in report.devices.indices { report.devices[index].timeouts = 0 }
        report.clock = "unsynchronized"
        let lines = StatusText(report, screen: Self.screen).text.split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count < 24)
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines[0].hasPrefix("! device meter-5: does not answer for 1 min 30 s"))
        #expect(lines.contains { $0.hasPrefix("* clock: it is unsynchronized") })
        #expect((1...5).allSatisfy { index in lines.contains { $0.hasPrefix("meter-\(index) ") } })
    }

    @Test func longListsAreCutToTheScreenAndSaySo() {
        let text = StatusText(Self.ordinary(40, silent: 20), screen: Self.screen).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(text.contains(/\n  and [0-9]+ more: armadio status --all\n/))
        #expect(text.contains(/\nand [0-9]+ more devices: armadio status --all\n/))
        #expect(lines.count <= 26)
        // Those that do not answer are shown first.
        #expect(text.contains(/\nmeter-21 +failing/))
    }

    @Test func allIsShownWhenAskedForAndInAPipe() {
        let report = Self.ordinary(40, silent: 20)
        for text in [
            StatusText(report, screen: Self.screen, isWhole: true).text, StatusText(report).text,
        ] {
            #expect((1...40).allSatisfy { text.contains("\nmeter-\($0) ") })
            #expect(!text.contains("more"))
        }
    }

    @Test func saysThatAllIsWell() {
        let text = StatusText(.well()).text
        #expect(text.hasPrefix("+ all is well"))
    }

    @Test func coloursBySeverity() {
        let text = StatusText(Self.ordinary(), isColourful: true).text
        #expect(text.hasPrefix("\u{1B}[1;31m! device meter-5"))
        #expect(!StatusText(Self.ordinary()).text.contains("\u{1B}"))
    }
}

/// What is wrong by a report, with the next step.
@Suite struct StatusProblemsTests {
    private static func findings(_ change: (inout StatusReport) -> Void) -> [Finding] {
        var report = StatusReport.well()
        change(&report)
        return StatusProblems(report).findings
    }

    @Test func aHealthyGatewayHasNone() {
        #expect(Self.findings { _ in }.isEmpty)
    }

    /// Each thing that can be wrong: what it changes, how much it matters, its subject, and words.
    static let wrongs:
        [(
            @Sendable (inout StatusReport) -> Void, Finding.Severity, String, String
        )] = [
            (
                { $0.configurationFailure = "7 problems" }, .problem, "configuration",
                "it was not taken over, the one before goes on: 7 problems"
            ),
            (
                {
                    $0.configurationTrial = .init(id: "v7", origin: "city", secondsLeft: 90)
                }, .warning, "configuration",
                "`v7` of city is being tried: taken back in 1 min 30 s unless it is confirmed"
            ),
            ({ $0.lentBuses = ["plc"] }, .note, "buses", "not polled, lent to a command: plc"),
            (
                {
                    $0.uplinks[0].isUp = false
                    $0.uplinks[0].failure = "nothing listens"
                    $0.uplinks[0].nextTrySeconds = 5
                }, .problem, "uplink", "down for 1 h: nothing listens; next try in 5.0 s"
            ),
            (
                {
                    $0.uplinks[0].name = "city"
                    $0.uplinks[0].preferredFailure = "a:1: no answer"
                }, .warning, "uplink city",
                "with mqtts://broker.city.example:8883, not with the first broker: a:1: no answer"
            ),
            (
                {
                    $0.uplinks[0].setAside = 7
                    $0.uplinks[0].setAsideReason = "not authorized"
                }, .problem, "uplink", "the broker does not take 7 readings: not authorized"
            ),
            (
                { $0.journal.failure = "no space left" }, .problem, "journal",
                "the disk does not take readings: no space left"
            ),
            (
                { $0.journal.lost = 3 }, .warning, "journal",
                "3 readings were given up since the start"
            ),
            (
                {
                    $0.watchdog = .init(device: "/dev/watchdog", isFed: false, failure: "busy")
                }, .problem, "watchdog", "/dev/watchdog is not fed: busy"
            ),
            (
                { $0.clock = "unsynchronized" }, .warning, "clock",
                "it is unsynchronized: readings are sent with relative times"
            ),
            (
                {
                    $0.buses = [.line("plc")]
                    $0.buses?[0].overload = "needs 2 s for a 1s cycle; lengthen intervals"
                }, .warning, "bus plc", "needs 2 s for a 1s cycle"
            ),
        ]

    @Test(arguments: wrongs.indices) func saysWhatIsWrongAndWhatToDo(_ index: Int) throws {
        let (change, severity, subject, what) = Self.wrongs[index]
        let findings = Self.findings(change)
        try #require(findings.count == 1)
        #expect(findings[0].severity == severity)
        #expect(findings[0].subject == subject)
        #expect(findings[0].what == what)
        #expect(findings[0].mend?.isEmpty == false)
    }

    @Test func theWorstComesFirst() {
        let findings = Self.findings {
            $0.clock = "unsynchronized"
            $0.lentBuses = ["other"]
            $0.journal.failure = "no space left"
        }
        #expect(findings.map(\.severity) == [.problem, .warning, .note])
    }

    @Test func aLentBusIsNotComplainedOf() {
        let findings = Self.findings {
            $0.lentBuses = ["plc"]
            $0.buses = [.line("plc")]
            $0.devices = [.on("plc", "a", isAnswering: false, timeouts: 1000)]
        }
        #expect(findings.map(\.severity) == [.note])
    }

    @Test func theReportIsOneObjectWithItsFindings() throws {
        var report = StatusReport.well()
        report.journal.lost = 3
        let text = try json(JudgedStatus(report))
        #expect(text.contains(#""gateway" : "cabinet-0042""#))
        #expect(text.contains(#""what" : "3 readings were given up since the start""#))
    }
}
