import Telemetry
import TestSupport
import Testing
import Uplink

@testable import Receiver

@Suite struct PayloadExpanderTests {
    private static let pack =
        "[{\"bn\":\"cab/m/\",\"bt\":1700000000,\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":2}]"

    /// What Python's zlib and the zstd of the system make of the pack.
    private func compressed(_ program: String) async throws -> [UInt8] {
        let folder = try TestFolder()
        try folder.write("pack", Self.pack)
        try await folder.run("\(program) | od -An -v -tu1 > numbers")
        let numbers = try await TestProcess(["cat", folder.path("numbers")]).run().output
        return numbers.split { $0 == " " || $0 == "\n" }.compactMap { UInt8($0) }
    }

    private static let zlib =
        "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(open(\"pack\",\"rb\").read()))'"

    private func decode(_ payload: [UInt8], _ contentType: String?) throws -> ReceivedBatch {
        var message = ReceiverFixture.message(
            "", identity: ReceiverFixture.identity(first: 0, count: 2), contentType: contentType)
        message.payload = payload
        return try ReceiverFixture.decode(message)
    }

    @Test(arguments: ["application/senml+json; encoding=deflate", nil])
    func readsDeflate(_ contentType: String?) async throws {
        let payload = try await compressed(Self.zlib)
        #expect(try decode(payload, contentType).span == 0..<2)
        var random = SplitMix(seed: 5)
        for length in 0..<payload.count {
            #expect(throws: Refusal.self) { try decode(Array(payload[..<length]), contentType) }
            var turned = payload
            turned[length] ^= UInt8.random(in: 1...255, using: &random)
            // The checksum, or what is made of it, tells; nothing may trap.
            do { _ = try decode(turned, contentType) } catch is Refusal {}
        }
    }

    @Test func refusesWhatWouldFillTheMemory() async throws {
        let bomb = try await compressed(
            "python3 -c 'import sys,zlib; sys.stdout.buffer.write(zlib.compress(b\"[\" * (9 << 20)))'"
        )
        #expect(throws: Refusal.self) {
            try decode(bomb, "application/senml+json; encoding=deflate")
        }
        // A zstd frame that says that it has 2**62 bytes (RFC 8878 section 3.1.1.1).
        let liar: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40, 1, 0, 0]
        #expect(throws: Refusal.self) { try decode(liar, nil) }
    }
}
