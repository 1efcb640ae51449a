import FoundationEssentials
import TestSupport
import Testing

/// Every assertion that Sparkplug 3.0 makes of an edge node is a test's, or listed with the reason
/// why it does not apply.
@Suite struct SparkplugAssertionTests {
    private static let folder = TestProcess.packageFolder + "/Tests/UplinkTests/"

    private func text(_ name: String) throws -> String {
        try String(contentsOf: URL(filePath: Self.folder + name), encoding: .utf8)
    }

    private func lines(_ name: String) throws -> [Substring] {
        try text(name).split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    /// The ids that the names of tests have: what stands between `@Test(` and the function.
    private func tested() throws -> Set<String> {
        var ids: Set<String> = []
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder + "Sparkplug")
        for file in files where file.hasSuffix("Tests.swift") {
            for test in try text("Sparkplug/" + file).split(separator: "@Test(").dropFirst() {
                let name = test.prefix(
                    upTo: test.firstRange(of: "func ")?.lowerBound ?? test.endIndex)
                let words = name.split { !$0.isLetter && !$0.isNumber && $0 != "-" }
                ids.formUnion(words.filter { $0.hasPrefix("tck-id-") }.map(String.init))
            }
        }
        return ids
    }

    @Test func eachIsATestOrHasAReason() throws {
        let all = try lines("SparkplugAssertions/all.txt").map(String.init)
        #expect(all.count == 196 && Set(all).count == all.count)
        var listed: Set<String> = []
        for line in try lines("SparkplugAssertions/not-applicable.txt") {
            let parts = line.split(separator: ":", maxSplits: 1)
            try #require(parts.count == 2 && parts[1].count > 20, "\(line) has no reason")
            #expect(listed.insert(String(parts[0])).inserted, "\(parts[0]) is listed twice")
        }
        let tested = try tested()
        #expect(tested.intersection(listed).sorted() == [], "tested, and said not to apply")
        #expect(Set(all).subtracting(tested).subtracting(listed).sorted() == [], "forgotten")
        #expect(tested.union(listed).subtracting(all).sorted() == [], "no assertion")
    }
}
