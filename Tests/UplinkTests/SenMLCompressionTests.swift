import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// Compressed messages: what is published stays within the limit, and says what it is.
@Suite struct SenMLCompressionTests {
    @Test(arguments: SenMLReaderTests.allOptions)
    func theContentTypeSaysWhatIsIn(options: SenMLOptions) throws {
        var fixture = SenMLFixture(options: options)
        try fixture.add(.int64(1))
        let plain = "application/senml+\(options.encoding.rawValue)"
        #expect(
            try #require(fixture.encode()).message.contentType == plain
                || options.compression != .none)
        for _ in 0..<100 { try fixture.add(.int64(1)) }
        let message = try #require(fixture.encode()).message
        switch options.compression {
        case .none: #expect(message.contentType == plain)
        case .zstd:
            #expect(message.contentType == plain + "; encoding=zstd")
            #expect(message.payload.starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
        case .deflate:
            #expect(message.contentType == plain + "; encoding=deflate")
            #expect(message.payload.first == 0x78)
        }
    }

    /// Whether it compresses well or hardly at all.
    @Test(arguments: SenMLReaderTests.allOptions, [1024, 5000, 20_000])
    func whatIsPublishedStaysWithinTheLimit(options: SenMLOptions, limit: Int) throws {
        var random = SplitMix(seed: 1)
        for isRandom in [false, true] {
            var fixture = SenMLFixture(options: options)
            fixture.byteLimit = limit
            for index in 0..<4000 {
                let tenths = (Double.random(in: 2000...2600, using: &random)).rounded()
                let value = isRandom ? Double(bitPattern: random.next()) : tenths / 10
                try fixture.add(
                    .double(value), "meter", "point-\(index % 50)", after: Double(index / 50))
            }
            let parts = fixture.encodeAll()
            #expect(parts.map(\.items).reduce(0, +) == 4000)
            #expect(parts.allSatisfy { $0.message.payload.count <= limit })
            if options.compression != .none, !isRandom {
                // Nearly full, all between the first, which is a guess, and the last.
                let full = parts.dropFirst().dropLast().map(\.message.payload.count)
                #expect(full.reduce(0, +) >= full.count * limit / 2)
            }
        }
    }

    /// A text no message can hold must not stop what follows; one that compression makes short
    /// enough is sent.
    @Test(arguments: [SenMLOptions.Compression.zstd, .deflate])
    func aLongTextIsSentIfItCompresses(compression: SenMLOptions.Compression) throws {
        var random = SplitMix(seed: 2)
        let noise = (0..<3000).map { _ in
            String(UnicodeScalar(UInt8.random(in: 35...90, using: &random)))
        }
        for (text, isSent) in [
            (String(repeating: "x", count: 3000), true), (noise.joined(), false),
        ] {
            var fixture = SenMLFixture(options: SenMLOptions(compression: compression))
            fixture.byteLimit = 1024
            try fixture.add(.string(text), "meter", "label", "")
            try fixture.add(.int64(3))
            let parts = fixture.encodeAll()
            #expect(parts.map(\.items).reduce(0, +) == 2)
            #expect(parts.allSatisfy { $0.message.payload.count <= 1024 })
            let isUnrepresentable = parts.contains { $0.text.contains("unrepresentable") }
            #expect(isUnrepresentable == !isSent || parts.count == 1)
        }
    }
}
