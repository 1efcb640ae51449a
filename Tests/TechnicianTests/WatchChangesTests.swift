import Telemetry
import Testing

@testable import Gateway
@testable import Technician

/// The lines of `armadio watch --plain`.
struct WatchChangesTests {
    private let wall = WallTime(nanosecondsSince1970: 1_800_000_000_000_000_000)

    private func frame(_ changes: [LiveFrame.Change], points: [PointReport]? = nil) -> LiveFrame {
        LiveFrame(points: points, changes: changes, status: .well())
    }

    private func change(_ index: Int, _ value: Double?, _ quality: String = "good")
        -> LiveFrame.Change
    {
        LiveFrame.Change(
            index: index, value: value.map { ControlValue(.double($0)) }, quality: quality,
            ageSeconds: 0.25)
    }

    @Test func theFirstLookHasAllThatWasReadWithItsTime() {
        var changes = WatchChanges(filters: [])
        let lines = changes.take(frame([], points: WatchScene.points(3)), at: wall)
        #expect(lines.count == 7, "the point that was never read has no line")
        #expect(lines[0].point == "street/door" && lines[0].time == "2027-01-15T07:59:59.6Z")
    }

    @Test func onlyAnotherValueOrQualityIsAChange() {
        var changes = WatchChanges(filters: [])
        _ = changes.take(frame([], points: WatchScene.points(3)), at: wall)
        let same = changes.take(frame([change(2, 230)]), at: wall)
        #expect(same == [])
        let other = changes.take(frame([change(2, 231), change(3, nil, "timeout")]), at: wall)
        #expect(other.map(\.point) == ["meter-1/voltage", "meter-1/energy"])
        #expect(other.map(\.quality) == ["good", "timeout"])
        #expect(other[0].unit == "V" && other[1].value == nil)
        // A configuration that is loaded anew says nothing new by itself.
        let again = changes.take(frame([], points: WatchScene.points(3)), at: wall)
        #expect(again.map(\.point) == ["meter-1/voltage", "meter-1/energy"])
    }

    @Test func filtersAndUnknownPointsAreLeftOut() {
        var changes = WatchChanges(filters: ["door"])
        #expect(changes.take(frame([], points: WatchScene.points(3)), at: wall).count == 1)
        #expect(changes.take(frame([change(2, 1), change(-1, 1), change(99, 1)]), at: wall) == [])
    }

    @Test func aLossIsSaidOnceUntilTheGatewayIsBack() {
        var changes = WatchChanges(filters: [])
        #expect(changes.loss("gone") == "gone")
        #expect(changes.loss("gone") == nil)
        _ = changes.take(frame([]), at: wall)
        #expect(changes.loss("gone again") == "gone again")
    }
}
