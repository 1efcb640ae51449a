import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What a platform may say, and what it is answered.
@Suite struct PlatformTopicsTests {
    private static let topics = PlatformTopics(gateway: "cabinet-17")

    private static func message(
        _ topic: String, _ payload: String, retained: Bool = false,
        _ properties: [(name: String, value: String)] = [], response: String? = nil,
        correlation: [UInt8] = []
    ) -> InboundMessage {
        InboundMessage(
            topic: "armadio/cabinet-17/" + topic, payload: Array(payload.utf8),
            isRetained: retained, userProperties: properties, responseTopic: response,
            correlation: correlation)
    }

    private static func request(_ message: InboundMessage) throws -> SessionRequest {
        let requests = topics.receive(message)
        try #require(requests.count == 1)
        return requests[0]
    }

    private static func command(_ message: InboundMessage) throws -> PlatformCommand {
        guard case .command(let command) = try request(message) else { throw Missing() }
        return command
    }

    private static func flaw(_ message: InboundMessage) throws -> String {
        guard case .flaw(let words) = try request(message) else { throw Missing() }
        return words
    }

    struct Missing: Error {}

    // MARK: Commands

    @Test func aCommandHasItsFieldsInThePayload() throws {
        let command = try Self.command(
            Self.message(
                "command/pump/speed",
                #"{"value":21.5,"id":"a7","expiry":"2026-11-26T19:00:00Z","origin":"operator"}"#,
                response: "city/answers", correlation: [0, 255]))
        #expect(command.device == "pump" && command.point == "speed")
        #expect(command.value == .double(21.5) && command.id == "a7")
        #expect(command.origin == "operator" && !command.isDesired)
        #expect(command.expiry == WallTime("2026-11-26T19:00:00Z"))
        #expect(command.responseTopic == "city/answers" && command.correlation == [0, 255])
    }

    @Test func aBareValueHasItsFieldsInProperties() throws {
        let command = try Self.command(
            Self.message(
                "command/pump/lamp", "true",
                [("id", "a7"), ("id", "b8"), ("expiry", "1795719600.5"), ("user", "anna")]))
        #expect(command.value == .bool(true) && command.id == "a7" && command.origin == "anna")
        #expect(command.expiry?.nanosecondsSince1970 == 1_795_719_600_500_000_000)
    }

    @Test func thePayloadGoesBeforeTheProperties() throws {
        let command = try Self.command(
            Self.message(
                "command/pump/lamp", #"{"value":1,"id":7}"#,
                [("id", "b8"), ("value", "2"), ("origin", "o")]))
        #expect(command.value == .int64(1) && command.id == "7" && command.origin == "o")
        #expect(command.expiry == nil)
    }

    @Test(arguments: [
        "", "on", "null", "[1]", "{}", #"{"value":null}"#, #"{"value":[1]}"#, #"{"value":{}}"#,
        #"{"value":1,"expires":"2026-11-26T19:00:00Z"}"#, #"{"value":1,"expiry":"tomorrow"}"#,
        #"{"value":1,"expiry":1795719600000}"#, #"{"value":1,"expiry":-1}"#,
        #"{"value":1,"expiry":"nan"}"#, #"{"value":1,"expiry":true}"#, #"{"value":1,"id":1.5}"#,
        #"{"value":1,"id":["a"]}"#, #"{"value":1,"value":2}"#, #"{"value":1e999}"#,
    ])
    func whatIsNoCommandIsAFlaw(payload: String) throws {
        #expect(try !Self.flaw(Self.message("command/pump/speed", payload)).isEmpty)
    }

    @Test func commandsAndTheirFieldsHaveALongestForm() throws {
        let longest = String(repeating: "x", count: PlatformCommand.idLimit)
        let taken = Self.message("command/a/b", #"{"value":1,"id":"\#(longest)"}"#)
        #expect(try Self.command(taken).id == longest)
        let long = Self.message("command/a/b", #"{"value":1,"id":"\#(longest)x"}"#)
        #expect(try Self.flaw(long).contains("id"))
        let text = String(repeating: "x", count: CommandMessage.byteLimit - 2)
        #expect(try Self.command(Self.message("command/a/b", "\"\(text)\"")).value == .string(text))
        #expect(try Self.flaw(Self.message("command/a/b", "\"\(text)x\"")).contains("bytes"))
        let origin = String(repeating: "é", count: 500)
        let shortened = try Self.command(Self.message("command/a/b", "1", [("origin", origin)]))
        #expect(shortened.origin.utf8.count <= CommandMessage.originLimit)
    }

    @Test func aRetainedCommandIsNotCarriedOut() throws {
        let message = Self.message("command/pump/speed", "1", retained: true)
        #expect(try Self.flaw(message).contains("retain"))
    }

    @Test func otherTopicsAreNotHeard() {
        for topic in ["command/pump", "command/pump/speed/result", "reported/a/b", "status", ""] {
            #expect(Self.topics.receive(Self.message(topic, "1")).isEmpty, "\(topic)")
        }
        let other = InboundMessage(
            topic: "armadio/cabinet-170/command/a/b", payload: Array("1".utf8))
        #expect(Self.topics.receive(other).isEmpty)
    }

    @Test func aWantedStateMayBeRetainedAndTakenBack() throws {
        let command = try Self.command(
            Self.message("desired/pump/speed", #"{"value":3}"#, retained: true))
        #expect(command.isDesired && command.value == .int64(3))
        #expect(Self.topics.receive(Self.message("desired/pump/speed", "")).isEmpty)
    }

    @Test(arguments: [
        "", "$SYS/broker", "a/+/b", "a/#", "a\u{0}b", "a\u{FFFD}", "armadio/cabinet-17/telemetry",
        String(repeating: "t", count: 513),
    ])
    func aTopicThatCannotBeAnsweredToIsNotUsed(topic: String) throws {
        let command = try Self.command(
            Self.message("command/pump/speed", "1", response: topic))
        #expect(command.responseTopic == nil)
        #expect(
            Self.topics.answer(CommandOutcome(.done), to: command).map(\.topic)
                == ["armadio/cabinet-17/command/pump/speed/result"])
    }

    // MARK: Answers

    @Test func theOutcomeGoesToTheResponseTopicWithItsCorrelation() throws {
        var command = PlatformCommand(
            device: "pump", point: "speed", value: .int64(1), id: "a\"7", responseTopic: "city/x",
            correlation: [9])
        let outcome = CommandOutcome(.failed, shown: .double(0.5), reason: "no answer")
        let answers = Self.topics.answer(outcome, to: command)
        let answer = try #require(answers.first)
        #expect(answers.count == 1 && answer.topic == "city/x" && answer.correlation == [9])
        #expect(answer.qos == .atLeastOnce && !answer.retain)
        #expect(
            String(decoding: answer.payload, as: UTF8.self)
                == #"{"id":"a\"7","result":"failed","value":0.5,"reason":"no answer"}"#)
        command.isDesired = true
        command.id = ""
        let reported = try #require(Self.topics.answer(CommandOutcome(.done), to: command).first)
        #expect(reported.topic == "armadio/cabinet-17/reported/pump/speed" && reported.retain)
        #expect(String(decoding: reported.payload, as: UTF8.self) == #"{"result":"done"}"#)
    }

    // MARK: Watermark

    @Test(
        arguments: [
            (#""committed":5"#, [0..<5]), (#""committed":0"#, []),
            (#""committed":5,"ranges":[[7,9],[12,13]]"#, [0..<5, 7..<9, 12..<13]),
            (#""committed":5,"ranges":[[2,9]]"#, [0..<9]), (#""ranges":[[0,2],[2,4]]"#, [0..<4]),
            (#""ranges":[[3,18446744073709551615]]"#, [3..<UInt64.max]),
        ] as [(String, [Range<UInt64>])])
    func aWatermarkIsRanges(fields: String, ranges: [Range<UInt64>]) throws {
        let payload = #"{"journal":"0000000000000ABC","epoch":3,"# + fields + "}"
        let request = try Self.request(Self.message("committed", payload, retained: true))
        guard case .committed(let watermark) = request else { throw Missing() }
        #expect(watermark == Watermark(journal: 0xABC, epoch: 3, ranges: ranges))
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"journal":"abc","epoch":3,"committed":1}"#,
        #"{"journal":"+000000000000abc","epoch":3,"committed":1}"#,
        #"{"journal":"0000000000000abc","epoch":4294967296,"committed":1}"#,
        #"{"journal":"0000000000000abc","epoch":-1,"committed":1}"#,
        #"{"journal":"0000000000000abc","epoch":3}"#,
        #"{"journal":"0000000000000abc","epoch":3,"committed":-1}"#,
        #"{"journal":"0000000000000abc","epoch":3,"committed":1.5}"#,
        #"{"journal":"0000000000000abc","epoch":3,"committed":18446744073709551616}"#,
        #"{"journal":"0000000000000abc","epoch":3,"ranges":[[2,1]]}"#,
        #"{"journal":"0000000000000abc","epoch":3,"ranges":[[1,1]]}"#,
        #"{"journal":"0000000000000abc","epoch":3,"ranges":[[5,6],[1,2]]}"#,
        #"{"journal":"0000000000000abc","epoch":3,"ranges":[[1,2,3]]}"#,
        #"{"journal":"0000000000000abc","epoch":3,"ranges":[1,2]}"#,
    ])
    func whatIsNoWatermarkIsAFlaw(payload: String) throws {
        #expect(try Self.flaw(Self.message("committed", payload)).contains("watermark"))
    }

    @Test func rangesHaveABound() throws {
        func payload(_ count: Int) -> String {
            let ranges = (0..<count).map { "[\($0 * 2),\($0 * 2 + 1)]" }.joined(separator: ",")
            return #"{"journal":"0000000000000abc","epoch":3,"ranges":[\#(ranges)]}"#
        }
        let most = WatermarkMessage.rangeLimit
        guard
            case .committed(let watermark) = try Self.request(
                Self.message("committed", payload(most)))
        else { throw Missing() }
        #expect(watermark.ranges.count == most)
        #expect(try !Self.flaw(Self.message("committed", payload(most + 1))).isEmpty)
    }
}
