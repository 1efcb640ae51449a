import Console
import FoundationEssentials
import Gateway
import TestSupport
import Testing

@testable import Technician

/// The commissioning record's page.
@Suite struct RecordPageTests {
    private static let folder = TestProcess.packageFolder + "/Tests/TechnicianTests/Record/"

    private func record() throws -> CommissioningRecord {
        let bytes = try Data(contentsOf: URL(filePath: Self.folder + "record.json"))
        return try JSONDecoder().decode(CommissioningRecord.self, from: bytes)
    }

    /// `record.html` is what was looked at, in a browser and in print. A new one is written by
    ///
    ///     ARMADIO_WRITE_SCREENS=1 swift test --filter RecordPageTests
    @Test func thePageIsTheOneThatWasLookedAt() throws {
        let page = RecordPage(try record()).html
        if ProcessInfo.processInfo.environment["ARMADIO_WRITE_SCREENS"] != nil {
            try page.write(toFile: Self.folder + "record.html", atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOfFile: Self.folder + "record.html", encoding: .utf8)
        #expect(page == golden)
    }

    @Test func thePageIsWellFormedAndHasNothingFromElsewhere() async throws {
        try await expectWellFormed(RecordPage(try record()).html)
    }

    private func expectWellFormed(_ page: String) async throws {
        let folder = try TestFolder()
        try folder.write("record.html", page)
        let check = """
            import sys, xml.etree.ElementTree as tree
            root = tree.parse(sys.argv[1]).getroot()
            for element in root.iter():
                name = element.tag.split('}')[1]
                assert name not in ('script', 'link', 'img', 'iframe', 'object'), name
                for key in element.attrib:
                    assert not key.startswith('on') and key not in ('href', 'src'), key
            assert 'url(' not in open(sys.argv[1]).read()
            """
        let outcome = try await TestProcess(
            ["python3", "-c", check, folder.path("record.html")]
        ).run()
        #expect(outcome.code == 0 && outcome.errors == "")
    }

    /// Names, units, texts of devices and of brokers are anybody's.
    @Test(arguments: [
        "<script>alert(1)</script>", "\"'><img src=x onerror=y>", "]]>&amp;<!--",
        "a\u{0}\u{1B}[31m",
        "\u{202E}txt.exe", "</style></title></table>",
    ])
    func nothingThatIsToldBecomesPartOfThePage(_ text: String) async throws {
        var record = try record()
        (record.gateway, record.time, record.clock, record.board) = (text, text, text, text)
        record.configuration.path = text
        record.software.system = text
        record.findings[0] = Finding(.problem, text, text, mend: text)
        for index in record.devices.indices {
            record.devices[index].name = text
            record.devices[index].identification = text
            record.devices[index].serial = text
        }
        (record.points[0].point, record.points[0].unit) = (text, text)
        record.points[0].value = ControlValue(.string(text))
        (record.history[0].point, record.history[0].unit) = (text, text)
        record.status.uplinks[0].broker = text
        record.status.devices[0].name = text
        let page = RecordPage(record).html
        #expect(!page.contains(text))
        #expect(!page.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{1B}" })
        try await expectWellFormed(page)
    }

    @Test func openPointsAreTheProblemsAndThenTheWarnings() throws {
        let open = try record().openPoints
        #expect(open.map(\.severity) == [.problem, .warning])
    }

    /// Numbers at the ends of the axis, one value alone, none at all.
    @Test(arguments: [
        [Double.greatestFiniteMagnitude, -Double.greatestFiniteMagnitude], [5.0], [0, 0, 0],
        [.nan, 1], [.infinity, 1], [],
    ])
    func aPlotIsWithinItsFrame(_ values: [Double]) throws {
        let buckets = values.map {
            HistoryReport.Bucket(
                endedSecondsAgo: 0, minimum: $0, maximum: $0, last: $0, good: 1, bad: 0)
        }
        let history = HistoryReport(point: "a/b", unit: "", bucketSeconds: 30, buckets: buckets)
        let plot = HTML.plot(TimeSeries(history), title: "a/b").source
        let numbers = plot.matches(of: #/(?:points|cy)="([^"]*)"/#)
            .flatMap { $0.1.split { " ,".contains($0) } }.map { Double($0) ?? .nan }
        #expect(numbers.allSatisfy { (0...400).contains($0) })
        #expect(plot.contains(">now<"))
    }
}
