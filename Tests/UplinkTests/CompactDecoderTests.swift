import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// Bytes that are no payload are refused, and never take the decoder with them.
@Suite struct CompactDecoderTests {
    private func payloads(seed: Int) throws -> [[UInt8]] {
        var (random, fixture) = (SplitMix(seed: UInt64(seed)), CompactFixture())
        let batch = try fixture.randomBatch(&random)
        return fixture.encodeAll(fixture.batch(batch)).map(\.payload)
    }

    @Test func aPayloadThatWasCutIsRefused() throws {
        for payload in try (0..<4).flatMap({ try payloads(seed: $0) }) {
            for length in 0..<payload.count {
                #expect(throws: CompactFlaw.malformed) {
                    try CompactPayload(decoding: Array(payload[..<length]))
                }
            }
        }
    }

    @Test func aFlippedBitIsRefusedOrGivesReadings() throws {
        var (refused, survived) = (0, 0)
        for payload in try (0..<8).flatMap({ try payloads(seed: $0) }) {
            var decoder = CompactDecoder()
            for bit in 0..<min(payload.count * 8, 1000) {
                var damaged = payload
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                do {
                    _ = try decoder.read(damaged)
                    survived += 1
                } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > 1000 && survived > 0)
    }

    @Test func bytesOfChanceAreRefused() {
        var (random, refused) = (SplitMix(seed: 3), 0)
        for _ in 0..<5000 {
            let length = Int.random(in: 0...200, using: &random)
            let payload =
                [CompactHeader.magic]
                + (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            do {
                _ = try CompactPayload(decoding: payload)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 4000)
        #expect(throws: CompactFlaw.malformed) {
            try CompactPayload(decoding: [UInt8](repeating: 0xC1, count: 1 << 21))
        }
    }

    @Test func dictionariesOfManyRunsAreBounded() throws {
        var decoder = CompactDecoder(dictionaryLimit: 3, pointLimit: 200)
        func payload(_ run: UInt32, points: Int) -> [UInt8] {
            CompactDictionary(
                name: Epoch(journal: 1, number: run), first: 0,
                points: (0..<points).map { Point(device: "d", name: "\($0)") }
            ).encoded()
        }
        for run in 1...5 { _ = try decoder.read(payload(UInt32(run), points: 10)) }
        #expect(decoder.dictionaryNames.map(\.number) == [3, 4, 5])
        _ = try decoder.read(payload(3, points: 10))
        _ = try decoder.read(payload(6, points: 128))
        #expect(decoder.dictionaryNames.map(\.number) == [5, 3, 6])
        _ = try decoder.read(payload(7, points: 128))
        #expect(decoder.dictionaryNames.map(\.number) == [7])
    }
}
