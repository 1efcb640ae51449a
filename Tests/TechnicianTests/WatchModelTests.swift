import Console
import Telemetry
import Testing

@testable import Gateway
@testable import Technician

/// What keys and looks at the gateway do to `armadio watch`.
struct WatchModelTests {
    @Test func pointsStandByNameWithTheirNumbersInOrder() {
        let scene = WatchScene(rows: 60)
        #expect(
            scene.points.filter { $0.hasSuffix("voltage") }
                == (1...12).map { "meter-\($0)/voltage" })
        #expect(scene.points.suffix(2) == ["relay-1/lamp", "street/door"])
    }

    @Test func sortingGoesByAgeAndByQualityAndBack() {
        var scene = WatchScene(rows: 60)
        let byName = scene.points
        scene.press(.character("s"))
        #expect(scene.points.first == "meter-12/energy", "never read is oldest")
        #expect(scene.points.last == "meter-12/voltage")
        scene.press(.character("s"))
        #expect(
            scene.points.prefix(3) == ["meter-2/energy", "meter-2/voltage", "meter-12/energy"])
        scene.press(.character("s"))
        #expect(scene.points == byName)
    }

    @Test func aFilterIsTypedAndTakenBack() {
        var scene = WatchScene(rows: 60)
        scene.press(.character("/"))
        scene.type("LAMq")
        #expect(scene.points == [])
        scene.press(.backspace)
        #expect(scene.points == ["relay-1/lamp"])
        #expect(scene.text.contains("1 of 26 points  filter: LAM_"))
        scene.press(.enter)
        #expect(scene.text.contains("1 of 26 points  filter: LAM  "))
        #expect(scene.press(.escape) == .nothing)
        #expect(scene.points.count == 26)
        #expect(scene.press(.escape) == .leave)
    }

    @Test func aFilterHasABound() {
        var scene = WatchScene()
        scene.press(.character("/"))
        scene.type(String(repeating: "x", count: 1000))
        #expect(scene.model.filter.count == 64)
    }

    @Test func filtersOfTheCommandLineHoldBesideTheTypedOne() {
        var scene = WatchScene(rows: 60, filters: ["meter-1/", "door"])
        #expect(scene.points == ["meter-1/energy", "meter-1/voltage", "street/door"])
        scene.press(.character("/"))
        scene.type("volt")
        #expect(scene.points == ["meter-1/voltage"])
    }

    @Test func onlyWhatIsBadAndAllAgain() {
        var scene = WatchScene(rows: 60)
        scene.press(.character("b"))
        #expect(scene.points == ["meter-2/energy", "meter-2/voltage", "meter-12/energy"])
        scene.change("meter-2/voltage", to: 231)
        #expect(scene.points == ["meter-2/energy", "meter-12/energy"])
        scene.press(.character("b"))
        #expect(scene.points.count == 26)
    }

    @Test func whileItIsHeldNothingMovesAndAfterwardsNothingWasMissed() {
        var scene = WatchScene()
        scene.press(.character(" "))
        let held = scene.text
        scene.change("meter-1/voltage", to: 777, after: 60)
        #expect(scene.text == held)
        #expect(held.contains("PAUSED"))
        scene.press(.character("p"))
        #expect(scene.text.contains("777 V") && scene.text.contains("live"))
    }

    @Test func theMarkedPointStaysMarkedWhereverItGoes() {
        var scene = WatchScene()
        scene.press(.down, .down, .down)
        #expect(scene.model.marked?.point == "meter-2/voltage")
        scene.press(.character("s"), .character("s"))
        #expect(scene.model.marked?.point == "meter-2/voltage")
        #expect(scene.points.contains("meter-2/voltage"))
    }

    @Test func theListScrollsToItsEndsAndNotBeyond() {
        var scene = WatchScene()
        let first = scene.points
        scene.press(.up, .pageUp)
        #expect(scene.points == first)
        scene.press(.pageDown)
        #expect(scene.model.marked?.point != first.first)
        scene.press(.end, .down, .pageDown)
        #expect(scene.points.last == "street/door" && scene.model.marked?.point == "street/door")
        #expect(scene.points.count == first.count)
        scene.press(.home)
        #expect(scene.points == first)
    }

    @Test func aSmallerScreenStillShowsTheMarkedPoint() {
        var scene = WatchScene(rows: 50)
        scene.press(.end)
        for rows in [24, 10, 5, 3] {
            scene.size = TerminalSize(rows: rows, columns: 40)
            scene.settle()
            #expect(scene.text.contains("> street/"), "\(rows) rows")
            #expect(scene.lines.count == rows)
        }
    }

    @Test func keysAreObeyedAtAnySizeAndNoLineIsTooLong() {
        for (rows, columns) in [(1, 1), (2, 200), (3, 10), (24, 80), (50, 200), (300, 500)] {
            var scene = WatchScene(rows: rows, columns: columns)
            for key in "jjkssb/xq?p p" { scene.press(.character(key), .enter) }
            scene.answerHistory()
            #expect(scene.lines.count <= rows)
        }
    }

    @Test func aPlotIsAskedForShownAndLeft() {
        var scene = WatchScene()
        scene.press(.down, .enter)
        #expect(scene.model.plottedPoint == "meter-1/voltage" && scene.model.plotIsEmpty)
        scene.answerHistory()
        #expect(scene.text.contains("meter-1/voltage  230 V  good, 0 s old"))
        #expect(scene.text.contains("last 1 h: least 229.5, largest 236.5, 270 readings not good"))
        scene.press(.down)
        #expect(scene.model.plottedPoint == "meter-2/energy" && scene.model.plotIsEmpty)
        #expect(scene.press(.escape) == .nothing)
        #expect(scene.model.plottedPoint == nil && scene.points.count > 5)
    }

    @Test func thePastOfWhatIsSeenIsAskedForOnce() {
        var scene = WatchScene()
        let asked = scene.model.pointsWithoutPast
        #expect(asked == scene.points)
        scene.answerHistory()
        #expect(scene.model.pointsWithoutPast == [])
        scene.press(.end)
        #expect(scene.model.pointsWithoutPast.contains("street/door"))
    }

    @Test func aLostGatewayIsSaidAndItsReturnToo() {
        var scene = WatchScene()
        scene.model.lose("no gateway\u{1B}[2J answers")
        #expect(scene.text.contains("NO CONNECTION, trying again: no gateway?[2J answers"))
        #expect(scene.points.count > 5)
        scene.change("meter-1/voltage", to: 230)
        #expect(!scene.text.contains("NO CONNECTION"))
    }

    @Test func anotherConfigurationBringsItsPointsAndKeepsTheirTrails() {
        var scene = WatchScene(rows: 60)
        scene.answerHistory()
        scene.show(
            LiveFrame(
                points: WatchScene.points(1), changes: [], status: WatchScene.status(readings: 9)))
        #expect(scene.points.count == 4)
        #expect(scene.model.pointsWithoutPast == [])
    }

    @Test func changesOfPointsThatAreNotThereAreNothing() {
        var scene = WatchScene()
        let before = scene.points
        for index in [-1, 26, 1 << 40] {
            scene.show(
                LiveFrame(
                    points: nil,
                    changes: [
                        LiveFrame.Change(
                            index: index, value: nil, quality: "good", ageSeconds: .infinity)
                    ], status: WatchScene.status(readings: 1)))
        }
        #expect(scene.points == before)
    }

    @Test func ratesAreThoseOfTheLastSeconds() {
        var scene = WatchScene()
        for _ in 0..<20 { scene.change("meter-1/voltage", to: 230) }
        #expect(scene.text.contains("40.0 readings/s"))
        #expect(scene.text.contains("4.0 messages/s"))
    }

    @Test func namesAndMessagesOfOthersChangeNoTerminal() {
        var scene = WatchScene()
        var points = WatchScene.points(1)
        points[0].point = "street/\u{1B}]0;own\u{7}door"
        points[1].value = ControlValue(.string("a\u{1B}[2Jb\nc"))
        points[1].unit = "\u{9B}2J"
        scene.show(
            LiveFrame(points: points, changes: [], status: WatchScene.status(readings: 1)))
        for keys in [[], [Key.end, .enter]] {
            for key in keys { scene.press(key) }
            let scalars = scene.lines.flatMap { $0.text.unicodeScalars }
            #expect(scalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        }
    }
}
