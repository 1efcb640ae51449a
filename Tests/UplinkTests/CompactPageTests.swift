import FoundationEssentials
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// The page that describes the format, its vectors, what the session writes and what the Python
/// reader reads are one.
@Suite struct CompactPageTests {
    /// A payload of the page, and what it says.
    struct Vector: Equatable {
        var payload: [UInt8]
        var lines: [String]
    }

    /// The vectors of the page: blocks of hexadecimal digits, each with one of text behind it.
    private func page() throws -> [Vector] {
        let path = TestProcess.packageFolder + "/Sources/Uplink/Compact/compact.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let blocks = text.split(separator: "```hex\n").dropFirst()
        return try blocks.map { block in
            let parts = block.split(separator: "```", maxSplits: 2)
            try #require(parts.count == 3)
            let lines = parts[2].split(separator: "```")[0].split(separator: "\n").dropFirst()
            return Vector(
                payload: CompactText.bytes(parts[0]), lines: lines.map { String($0) })
        }
    }

    /// What the session makes of the readings that the vectors are of.
    func written() throws -> [OutboundMessage] {
        var fixture = CompactFixture()
        let voltage = try fixture.point("meter", "voltage", unit: "V")
        let energy = try fixture.point("meter", "energy", unit: "Wh")
        let door = try fixture.point("cabinet", "door", isUrgent: true)
        let state = try fixture.point("pump", "state")
        var messages = Array(fixture.births([voltage, energy, door, state]).dropFirst())

        var batch = ReadingBatch()
        func add(_ id: PointID, _ value: Value?, _ milliseconds: Int, _ quality: Quality = .good) {
            batch.append(
                point: id, value: value, quality: quality,
                at: CompactFixture.start + .milliseconds(milliseconds))
        }
        for poll in 0..<2 {
            add(voltage, .double(poll == 0 ? 230.1 : 229.8), 1000 * poll)
            add(energy, .uint64(123_456 + UInt64(poll)), 1000 * poll)
        }
        messages += fixture.encodeAll(fixture.batch(batch, first: 0))

        batch.removeAll()
        add(door, .bool(true), 0)
        add(voltage, nil, 250, .timeout)
        add(state, .string("running"), 251)
        add(energy, .int64(-1), 251, .illegalValue)
        fixture.anchor.quality = .unsynchronized
        messages += fixture.encodeAll(
            fixture.batch(
                batch, first: 1000, selection: .init(offsets: [0, 1, 2, 300], span: 500)))
        fixture.anchor.quality = .estimated
        let gap = OutboundBatch(
            epoch: CompactFixture.epoch, firstSequence: 1500,
            content: .gap(count: 70_000, reason: .journalFull), anchor: fixture.anchor)
        messages += fixture.encodeAll(gap)
        return messages
    }

    /// A payload that has parts in zstd: of which other versions of the library make others.
    func packed() throws -> (dictionary: [UInt8], payload: [UInt8]) {
        var fixture = CompactFixture(run: Epoch(journal: 0xABC, number: 6))
        let ids = try (0..<10).map { try fixture.point("a-pump-of-this-name-\($0)", "state") }
        let births = fixture.births(ids)
        var batch = ReadingBatch()
        for (index, id) in ids.enumerated() {
            batch.append(
                point: id, value: .string("a state of some length, which is \(index % 7)"),
                at: CompactFixture.start)
        }
        let messages = fixture.encodeAll(fixture.batch(batch, first: 100))
        return (births[1].payload, try #require(messages.last).payload)
    }

    @Test func theSessionWritesThePagesVectorsByteForByte() throws {
        let (vectors, messages) = (try page(), try written())
        #expect(vectors.count == messages.count + 2)
        #expect(
            vectors.prefix(messages.count).map { CompactText.hexadecimal($0.payload) }
                == messages.map { CompactText.hexadecimal($0.payload) })
    }

    @Test func theDecoderReadsThePagesVectors() throws {
        var decoder = CompactDecoder()
        for vector in try page() {
            #expect(CompactText.lines(try decoder.read(vector.payload)) == vector.lines)
        }
        #expect(CompactText.lines(try decoder.read(packed().dictionary)).count == 11)
        #expect(
            CompactText.lines(try decoder.read(packed().payload)) == (try page()).last?.lines)
    }

    // MARK: Python

    /// What the Python reader says of payloads, one after the other.
    private func python(_ payloads: [[UInt8]]) async throws -> String {
        let folder = try TestFolder()
        let text = payloads.map { CompactText.hexadecimal($0) + "\n" }.joined()
        let path = try folder.write("payloads", text)
        let program = TestProcess(
            support: "python",
            [TestProcess.packageFolder + "/Tests/Acceptance/compact.py", path])
        let outcome = try await program.run()
        #expect(outcome.errors == "")
        return outcome.output
    }

    @Test func thePythonReaderReadsThePagesVectors() async throws {
        let vectors = try page()
        let said = try await python(vectors.map(\.payload))
        #expect(said == vectors.flatMap(\.lines).map { $0 + "\n" }.joined())
    }

    /// Readings of every kind and order, damaged payloads between them.
    @Test func thePythonReaderReadsWhatTheDecoderReads() async throws {
        var (payloads, expected, decoder) = ([[UInt8]](), "", CompactDecoder())
        var malformed = 0
        for seed in 0..<150 {
            var random = SplitMix(seed: UInt64(seed))
            let run = Epoch(journal: random.next(), number: UInt32(seed + 1))
            var fixture = CompactFixture(run: run)
            if seed % 3 == 0 { fixture.anchor.quality = .unsynchronized }
            let batch = fixture.batch(
                try fixture.randomBatch(&random), first: random.next() >> UInt64(seed % 50 + 1))
            let kept = UInt32.random(in: 1...3, using: &random)
            _ = fixture.births()
            let messages = fixture.encodeAll(batch.filtered { $0.index % 3 < kept })
            for message in messages {
                var damaged = message.payload
                // Of what is zstd, one version of the library refuses more than another.
                let place = Int.random(in: 0..<min(20, damaged.count), using: &random)
                damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                payloads += [message.payload, damaged]
            }
        }
        for payload in payloads {
            do throws(CompactFlaw) {
                expected += CompactText.lines(try decoder.read(payload)).map { $0 + "\n" }.joined()
            } catch {
                switch error {
                case .malformed:
                    malformed += 1
                    expected += "malformed\n"
                case .unknownPoints(let name): expected += "unknown-points \(name)\n"
                }
            }
        }
        #expect(malformed > 20)
        let said = try await python(payloads)
        if said != expected {
            let pairs = zip(said.split(separator: "\n"), expected.split(separator: "\n"))
            let first = pairs.first { $0 != $1 }
            Issue.record("Python: \(first?.0 ?? ""), Swift: \(first?.1 ?? "")")
        }
    }
}
