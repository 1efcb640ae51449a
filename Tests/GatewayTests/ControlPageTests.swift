import FoundationEssentials
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// control.md and the code say the same.
@Suite struct ControlPageTests {
    private let page: String

    init() throws {
        let path = TestProcess.packageFolder + "/Sources/Gateway/Control/control.md"
        page = try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test func everyCommandIsOnThePageAndNoOther() {
        let described = page.matches(of: #/\n### `([a-z-]+)`\n/#).map { String($0.1) }
        #expect(Set(described) == Set(ControlCommand.allCases.map(\.rawValue)))
        #expect(Set(described).count == described.count)
    }

    @Test func everyFieldOfARequestIsOnThePageAndNoOther() throws {
        // Before that stand the commands that are recorded.
        let requests = try #require(page.firstRange(of: "\n## Looking"))
        let described = page[requests.upperBound...].matches(of: #/\n\| `([a-z]+)` \| /#)
            .map { String($0.1) }
        let fields = Mirror(reflecting: ControlRequest(.status)).children.compactMap(\.label)
        #expect(Set(described) == Set(fields).subtracting(["command"]))
    }

    @Test func everyAnswerIsOnThePage() {
        let answers = Mirror(reflecting: ControlResponse()).children.compactMap(\.label)
        #expect(answers.count > 10)
        for answer in answers where answer != "error" && answer != "missed" {
            #expect(page.contains("\n< {\"\(answer)\":"), "\(answer)")
        }
        #expect(page.contains("`error`") && page.contains(#","missed":0}"#))
    }

    @Test(arguments: ControlCommand.allCases)
    func eachCommandHasAnExample(_ command: ControlCommand) {
        #expect(page.contains("\n> {\"command\":\"\(command.rawValue)\""))
    }

    @Test func theLimitsAreThoseOfTheCode() {
        let looks = ControlLimits.liveSeconds
        let patience = ControlLimits.patience.components.seconds
        let hour = Int(RecentValues.bucketSeconds) * RecentValues.bucketsPerPoint
        let limits = [
            ("clients at once", "\(ControlLimits.clients)"),
            (
                "bytes of a request, with what is sent before the answer to an earlier one",
                "\(ControlLimits.requestBytes)"
            ),
            (
                "bytes of all clients' unanswered requests",
                "\(ControlLimits.requestBytesOfAll)"
            ),
            ("nesting of a request", "\(ControlLimits.depth)"),
            ("bytes of an answer that `armadio` takes", "\(ControlLimits.responseBytes)"),
            ("seconds without a request, a pending answer or a stream", "\(patience)"),
            ("seconds without taking any of an answer or a stream", "\(patience)"),
            (
                "seconds between the looks of a live stream",
                "\(looks.lowerBound) to \(looks.upperBound)"
            ),
            ("points of one `history`", "\(ControlLimits.historyPoints)"),
            ("points of which a history is kept", "\(RecentValues.pointLimit)"),
            ("seconds of the history", "\(hour)"),
            ("log lines kept", "\(RecentLog.lineLimit)"),
            ("bytes of log lines kept", "\(RecentLog.byteLimit)"),
            (
                "seconds that a bus is lent unless that is prolonged",
                "\(BusLoan.term.components.seconds)"
            ),
            ("seconds that a bus is lent at most", "\(BusLoan.longest.components.seconds)"),
        ]
        let table = page.split(separator: "## Limits")[1].split(separator: "\n\n")[0]
        let rows = table.matches(of: #/\n\| ([^|]+) \| ([^|]+) \| /#)
            .map { (String($0.1), String($0.2)) }
        #expect(rows.map(\.0) == limits.map(\.0))
        #expect(rows.map(\.1) == limits.map(\.1))
    }
}
