import FoundationEssentials
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What a receiver that comes late gets from a real broker.
@Suite struct CompactRetainedTests {
    /// One run of a gateway: what it publishes.
    private func run(_ number: UInt32) throws -> [OutboundMessage] {
        let epoch = Epoch(journal: 0xABC, number: number)
        var fixture = CompactFixture(run: epoch)
        let ids = try (0..<200).map { try fixture.point("unit-\(number)", "r\($0)") }
        var batch = ReadingBatch()
        for id in ids { batch.append(point: id, value: .bool(true), at: CompactFixture.start) }
        return fixture.births(ids)
            + fixture.encodeAll(fixture.batch(batch, epoch: epoch, first: 0))
    }

    private func publish(_ messages: [OutboundMessage], _ port: Int, _ folder: TestFolder)
        async throws
    {
        for (index, message) in messages.enumerated() {
            let file = URL(filePath: folder.path("message-\(index)"))
            try Data(message.payload).write(to: file)
            try await folder.run(
                "mosquitto_pub -h 127.0.0.1 -V 5 -p \(port) -q 1 \(message.retain ? "-r" : "") "
                    + "-t '\(message.topic)' -f message-\(index)")
        }
    }

    /// Ten runs with two parts each: the broker has the last eight, and no more messages for them.
    @Test func theBrokerKeepsTheDictionariesOfTheLastEightRuns() async throws {
        let folder = try TestFolder()
        let broker = try await MosquittoBroker(in: folder)
        var payloads: [[UInt8]] = []
        for number in stride(from: UInt32(2), through: 20, by: 2) {
            let messages = try run(number)
            payloads.append(try #require(messages.last).payload)
            try await publish(messages, Int(broker.port), folder)
        }
        // 16 parts, and the status.
        let late = TestProcess([
            "mosquitto_sub", "-h", "127.0.0.1", "-V", "5", "-p", "\(broker.port)", "-q", "1", "-C",
            "17", "-W", "60",
            "-F", "%r %x", "-t", "armadio/+/dictionary/#", "-t", "armadio/+/status",
        ])
        let kept = try await late.run().output.split(separator: "\n")
        #expect(kept.count == 17 && kept.allSatisfy { $0.hasPrefix("1 ") })
        var decoder = CompactDecoder()
        for line in kept where line.hasPrefix("1 c1") {
            _ = try decoder.read(CompactText.bytes(line.dropFirst(2)))
        }
        #expect(
            Set(decoder.dictionaryNames.map(\.number)) == Set(stride(from: 6, through: 20, by: 2)))
        for (index, payload) in payloads.enumerated() {
            guard index >= 2 else {
                #expect(throws: CompactFlaw.self) { try decoder.read(payload) }
                continue
            }
            guard case .readings(_, let points) = try decoder.read(payload) else {
                Issue.record("no readings")
                continue
            }
            #expect(points.allSatisfy { $0.device == "unit-\(2 * index + 2)" })
        }
        try await broker.end()
    }
}
