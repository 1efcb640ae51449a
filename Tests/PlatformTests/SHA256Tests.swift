import Platform
import TestSupport
import Testing

/// Against sha256sum(1), at every length around the ends of blocks.
@Suite struct SHA256Tests {
    @Test func sameAsCoreutils() async throws {
        let folder = try TestFolder()
        let lengths = Array(0...130) + [1000, 65_536]
        for length in lengths {
            try folder.write("\(length)", Self.text(length))
        }
        let names = lengths.map(String.init)
        let sums = try await TestProcess(
            ["sha256sum"] + names.map { folder.path($0) }
        ).run().output.split(separator: "\n")
        #expect(sums.count == lengths.count)
        for (length, sum) in zip(lengths, sums) {
            #expect(SHA256.hex(of: Array(Self.text(length).utf8)) == sum.prefix(64))
        }
    }

    private static func text(_ length: Int) -> String {
        String((0..<length).map { Character(UnicodeScalar(UInt8(32 + $0 * 7 % 90))) })
    }
}
