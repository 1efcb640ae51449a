import Testing

@testable import Console

struct ProgressLineTests {
    @Test func nothingIsShownBeforeTwoSecondsNorTooOften() {
        var line = ProgressLine("scan", isShown: true, at: 100)
        #expect(line.text(0.1, at: 101.9) == nil)
        #expect(line.text(0.25, at: 104) == "scan: 25 %, 12 s left")
        #expect(line.text(0.26, at: 104.4) == nil)
        #expect(line.text(0.5, at: 110) == "scan: 50 %, 10 s left")
    }

    @Test func whatHasHardlyBegunHasNoTimeLeft() {
        var line = ProgressLine("scan", isShown: true, at: 0)
        #expect(line.text(0.001, at: 10) == "scan: 0 %")
        #expect(line.text(.nan, at: 20) == nil)
        #expect(line.text(7, at: 30) == "scan: 100 %, 0.0 s left")
    }

    @Test func nothingIsShownWithoutATerminal() {
        var line = ProgressLine("scan", isShown: false, at: 0)
        #expect(line.text(0.5, at: 60) == nil)
    }
}
