import FoundationEssentials
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// Every way of writing SenML is read by a reader of another make (Python's json, cbor2, zlib and
/// zstandard) as the same readings.
@Suite(.timeLimit(.minutes(3))) struct SenMLReaderTests {
    static let allOptions = SenMLOptions.Encoding.allCases.flatMap { encoding in
        SenMLOptions.Compression.allCases.map {
            SenMLOptions(encoding: encoding, compression: $0)
        }
    }

    /// Readings of every kind, and what the reader is to print of each.
    private static func fill(_ fixture: inout SenMLFixture, _ count: Int) throws -> [String] {
        var random = SplitMix(seed: 8428)
        var lines: [String] = []
        for index in 0..<count {
            let value = value(index, &random)
            let quality: Quality =
                index % 13 == 5 ? Quality.allCases.randomElement(using: &random) ?? .good : .good
            let (device, name) = ("device-\(index / 9 % 4)", "point-\(index % 30)")
            let unit = index % 2 == 0 ? "V" : ""
            let microseconds = Int64.random(in: -2_000_000...9_000_000, using: &random)
            let seconds = Double(microseconds) / 1e6
            try fixture.add(value, device, name, unit, quality: quality, after: seconds)
            let path = "cabinet-17/\(device)/\(name)"
            let time = 1_700_000_000_000_000 + microseconds
            let word = word(value, quality)
            lines.append(
                word.map { "\(path)/quality\t\t\(time)\tvs\t\($0)" }
                    ?? "\(path)\t\(unit)\t\(time)\t\(text(value))")
        }
        return lines
    }

    private static func value(_ index: Int, _ random: inout SplitMix) -> Value? {
        switch index % 10 {
        case 0: .bool(index % 20 == 0)
        case 1: .int64(Int64(truncatingIfNeeded: random.next()))
        case 2: .uint64(random.next())
        case 3: .double(Double(bitPattern: random.next()))
        case 4: .string("say \"é\"\n \(index) 😀")
        case 5: index % 30 == 5 ? nil : .double(-0.0)
        case 6: .int64(Int64.random(in: -300...300, using: &random))
        case 7: .double(Double(Float.random(in: -1e5...1e5, using: &random)))
        default: .double((Double.random(in: -4000...4000, using: &random) * 10).rounded() / 10)
        }
    }

    private static func word(_ value: Value?, _ quality: Quality) -> String? {
        guard quality == .good else { return quality.name }
        if case .double(let number) = value, !number.isFinite { return "unrepresentable" }
        return value == nil ? "unrepresentable" : nil
    }

    private static func text(_ value: Value?) -> String {
        switch value {
        case .bool(let flag): "vb\t\(flag)"
        case .string(let text): "vs\t\(text)"
        case .int64(let number) where number.magnitude > 1 << 53: "v\t\(number)"
        case .uint64(let number) where number > 1 << 53: "v\t\(number)"
        case .int64(let number): "v\t\(Double(number).bitPattern.hexadecimal)"
        case .uint64(let number): "v\t\(Double(number).bitPattern.hexadecimal)"
        case .double(let number): "v\t\(number.bitPattern.hexadecimal)"
        case nil: ""
        }
    }

    /// What the reader prints of messages.
    private static func read(_ parts: [EncodedBatch], _ flags: [String] = []) async throws
        -> String
    {
        let folder = try TestFolder()
        var files: [String] = []
        for (index, part) in parts.enumerated() {
            files.append(folder.path("\(index)"))
            try Data(part.message.payload).write(to: URL(filePath: files[index]))
        }
        let outcome = try await TestProcess(support: "senml-reader", flags + files).run()
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test(arguments: allOptions, ProtocolVersion.allCases)
    func aReaderOfAnotherMakeReadsTheSame(
        options: SenMLOptions, version: ProtocolVersion
    ) async throws {
        var fixture = SenMLFixture(options: options)
        fixture.protocolVersion = version
        fixture.byteLimit = 3000
        let expected = try Self.fill(&fixture, 1000)
        let parts = fixture.encodeAll()
        #expect(parts.count > 1)
        #expect(parts.allSatisfy { $0.message.payload.count <= 3000 })
        #expect(parts.map(\.items).reduce(0, +) == 1000)
        // Texts have newlines in them.
        #expect(try await Self.read(parts) == expected.joined(separator: "\n") + "\n")
    }

    @Test(arguments: allOptions)
    func identityAndClockAreInTheFirstRecordOn311(options: SenMLOptions) async throws {
        var fixture = SenMLFixture(options: options)
        fixture.protocolVersion = .v311
        fixture.anchor.quality = .estimated
        for _ in 0..<40 { try fixture.add(.double(0.5)) }
        let part = try #require(fixture.encode(boot: BootID(high: 8, low: 8)))
        let head =
            #"{"clock": "estimated", "count": 40, "epoch": "0000000000000abc-3", "first": 40}"#
        #expect(try await Self.read([part], ["--head"]).hasPrefix(head + "\n"))
    }

    @Test(arguments: allOptions)
    func aGapIsReadWithItsReason(options: SenMLOptions) async throws {
        let fixture = SenMLFixture(options: options)
        let part = try #require(fixture.encode(.gap(count: 1234, reason: .damaged)))
        let count = Double(1234).bitPattern.hexadecimal
        #expect(
            try await Self.read([part], ["--head"])
                == "{\"reason\": \"damaged\"}\ncabinet-17/gap\t\t1700000010000000\tv\t\(count)\n")
        #expect(part.properties.suffix(2) == ["first=40", "count=1234"])
    }
}
