import Platform
import Testing

@testable import Gateway

/// debian/armadio.catalog, which `journalctl -x` reads.
@Suite struct LogCatalogTests {
    private static let path =
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        + "/debian/armadio.catalog"

    @Test func explainsEachKnownMessageOnce() throws {
        let ids = try readSmallFile(Self.path).split(separator: "\n")
            .filter { $0.hasPrefix("-- ") }.map { String($0.dropFirst(3)) }
        #expect(ids.sorted() == KnownMessage.allCases.map(\.id).sorted())
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func namesFieldsThatThereAre() throws {
        let words = try readSmallFile(Self.path).split(separator: "@")
        let fields = words.filter { $0.hasPrefix("ARMADIO_") }.map { $0.dropFirst(8).lowercased() }
        let all = about(
            .hang, device: "d", bus: "b", uplink: "u", point: "p", reason: "r")
        #expect(!fields.isEmpty && Set(fields).isSubset(of: Set(all.keys)))
    }
}
