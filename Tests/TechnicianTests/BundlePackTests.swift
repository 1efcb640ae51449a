import Telemetry
import Testing

@testable import Technician

/// A bundle keeps within its size, and says what it does not have.
@Suite struct BundlePackTests {
    private func pack(_ entries: [BundleEntry]) -> BundlePack {
        BundlePack(
            entries: entries, gaps: [], unknown: [], version: "1",
            wall: WallTime(nanosecondsSince1970: 0), redactor: Redactor())
    }

    /// Lines that do not become smaller.
    private func noise(_ bytes: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<bytes).map {
            $0 % 80 == 79 ? 0x0A : UInt8.random(in: 128...255, using: &generator)
        }
    }

    @Test func whatIsTooLargeIsCutAndNamed() throws {
        let entries = [
            BundleEntry("log/service", noise(600_000), keepsEnd: true),
            BundleEntry("system/model", "a board\n"),
        ]
        let (bytes, summary) = try pack(entries).packed(limit: 200_000)
        #expect(bytes.count <= 200_000)
        #expect(summary.cut == ["log/service"])
        #expect(summary.files == ["log/service", "system/model"])
    }

    @Test func whatFitsIsNotCut() throws {
        let (bytes, summary) = try pack([BundleEntry("a", noise(1000))]).packed(limit: 5 << 20)
        #expect(summary.cut.isEmpty && summary.missing.isEmpty && summary.bytes == bytes.count)
    }

    @Test func manyPartsThatDoNotFitAreLeftOutAndNamed() throws {
        let entries = (0..<100).map { BundleEntry("part-\($0)", noise(1000)) }
        let (bytes, summary) = try pack(entries).packed(limit: 40_000)
        #expect(bytes.count <= 40_000)
        #expect(!summary.missing.isEmpty && summary.files.count + summary.missing.count == 100)
    }

    @Test func aLimitThatNothingKeepsIsAnError() {
        #expect(throws: BundleFailure.self) { try pack([]).packed(limit: 10) }
    }

    @Test func aCutIsAtTheEndOfALine() {
        var log = BundleEntry("log", "one\ntwo\nthree\n", keepsEnd: true)
        log.cut(to: 8)
        #expect(log.bytes == Array("three\n".utf8) && log.wholeBytes == 14)
        var table = BundleEntry("table", "one\ntwo\nthree\n")
        table.cut(to: 9)
        #expect(table.bytes == Array("one\ntwo\n".utf8))
    }

    @Test(arguments: [
        "../../etc/passwd", "/etc/passwd", "a/./b", String(repeating: "x", count: 300),
    ])
    func noNameLeadsOutOfTheFolder(_ name: String) {
        let safe = BundleEntry(name, "").name
        #expect(!safe.hasPrefix("/") && !safe.contains("..") && safe.utf8.count <= 100)
    }
}
