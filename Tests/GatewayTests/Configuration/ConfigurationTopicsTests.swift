import FoundationEssentials
import Platform
import Settings
import Telemetry
import Testing
import Uplink

@testable import Gateway

/// What platforms write, and what they are told.
@Suite struct ConfigurationTopicsTests {
    private let topics = ConfigurationTopics(gateway: "c", uplink: "city")

    private func message(
        _ payload: String, confirm: Bool = false, isRetained: Bool = false,
        properties: [(name: String, value: String)] = [], responseTopic: String? = nil
    ) -> InboundMessage {
        InboundMessage(
            topic: "armadio/c/configuration" + (confirm ? "/confirm" : ""),
            payload: Array(payload.utf8), isRetained: isRetained, userProperties: properties,
            responseTopic: responseTopic, correlation: [1])
    }

    private func proposal(_ message: InboundMessage) throws -> ConfigurationProposal {
        guard case .apply(let proposal) = topics.request(message) else {
            throw Unexpected()
        }
        return proposal
    }

    private struct Unexpected: Error {}

    private func flaw(_ message: InboundMessage) -> String? {
        if case .flaw(_, let flaw) = topics.request(message) { flaw } else { nil }
    }

    @Test func textWithProperties() throws {
        let proposal = try proposal(
            message(
                "gateway: c\n",
                properties: [("id", "a"), ("confirm-within", "90s"), ("origin", "ops")],
                responseTopic: "answers/1"))
        #expect(proposal.text == Array("gateway: c\n".utf8))
        #expect(proposal.id == "a")
        #expect(proposal.confirmWithin == .seconds(90))
        #expect(proposal.origin == "ops (city)")
        #expect(proposal.uplink == "city")
        #expect(proposal.reply?.topic == "answers/1")
        #expect(proposal.reply?.correlation == [1])
    }

    /// MQTT 3.1.1 has no properties.
    @Test func envelope() throws {
        let proposal = try proposal(
            message(#"{"configuration":"gateway: c\n","id":"a","confirm-within":"1h"}"#))
        #expect(proposal.text == Array("gateway: c\n".utf8))
        #expect(proposal.id == "a")
        #expect(proposal.confirmWithin == .seconds(3600))
        #expect(proposal.origin == "city")
    }

    @Test func withoutAnIdTheHashIsOne() throws {
        let text = "{gateway: c}"
        let proposal = try proposal(message(text))
        #expect(proposal.text == Array(text.utf8))
        #expect(proposal.id == SHA256.hex(of: Array(text.utf8)))
    }

    @Test func whatCannotBeUnderstoodIsSaid() {
        #expect(flaw(message("a\0b")) == "the payload is no text in UTF-8")
        var bytes = message("")
        bytes.payload = [0xFF, 0xFE]
        #expect(flaw(bytes) == "the payload is no text in UTF-8")
        #expect(
            flaw(message("a", properties: [("id", String(repeating: "x", count: 129))]))
                == "its id has more than 128 bytes")
        #expect(
            flaw(message("a", properties: [("confirm-within", "5")]))?
                .hasPrefix("confirm-within: `5` has no unit") == true)
        bytes.payload = [UInt8](repeating: 0x20, count: (64 << 10) + 1)
        #expect(flaw(bytes) == "it has more than 64 KiB")
        #expect(flaw(message(" \n", confirm: true)) != nil)
        #expect(flaw(message("a", confirm: true, isRetained: true)) != nil)
    }

    @Test(arguments: [" a\n", #"{"id":"a"}"#]) func confirmation(_ payload: String) {
        guard case .confirm(let id) = topics.request(message(payload, confirm: true)) else {
            Issue.record("no confirmation")
            return
        }
        #expect(id == "a")
    }

    @Test(arguments: ["armadio/c/configuration/result", "armadio/d/configuration", "x"])
    func otherTopicsAreNotMeant(_ topic: String) {
        #expect(topics.request(InboundMessage(topic: topic, payload: [])) == nil)
    }

    @Test func resultsAreBounded() throws {
        let long = String(repeating: "x", count: 10_000)
        let problems = (0..<200).map { _ in
            SettingsProblem(path: [long], what: long, mend: long)
        }
        let outcome = ConfigurationOutcome(
            .refused, id: long, reason: long, problems: problems, origin: long)
        let results = topics.results(outcome)
        #expect(results.count == 1)
        #expect(results[0].payload.count < 64 << 10)
        #expect(!results[0].retain)
        #expect(
            String(decoding: results[0].payload, as: UTF8.self).contains(#""more-problems":150"#))
        #expect(ConfigurationTopics.record(outcome).utf8.count < 2_000)
    }

    /// Only the platform that asked is answered on its own topic.
    @Test func whoAskedIsAnswered() {
        var outcome = ConfigurationOutcome(.applied, id: "a", confirmWithin: .seconds(60))
        outcome.reply = ConfigurationReply(uplink: "city", topic: "answers/1", correlation: [1])
        let results = topics.results(outcome)
        #expect(results.map(\.topic) == ["armadio/c/configuration/result", "answers/1"])
        #expect(results.map(\.retain) == [true, false])
        #expect(results[1].correlation == [1])
        #expect(
            String(decoding: results[0].payload, as: UTF8.self)
                == #"{"confirm-within":60,"id":"a","state":"applied"}"#)
        outcome.reply?.uplink = "other"
        #expect(topics.results(outcome).count == 1)
    }
}
