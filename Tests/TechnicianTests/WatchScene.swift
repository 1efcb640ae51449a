import Console
import Telemetry

@testable import Gateway
@testable import Technician

/// A cabinet as `armadio watch` sees it, and a person at its keys.
struct WatchScene {
    /// When the first look comes, in seconds of the boot clock: early in a piece of 30 s.
    static let start = 3600.0

    var model: WatchModel
    var size: TerminalSize
    private(set) var now = Self.start
    private let view: WatchView

    init(
        rows: Int = 24, columns: Int = 80, glyphs: Glyphs = .braille, filters: [String] = [],
        meters: Int = 12
    ) {
        model = WatchModel(filters: filters)
        view = WatchView(glyphs)
        size = TerminalSize(rows: rows, columns: columns)
        show(LiveFrame(points: Self.points(meters), changes: [], status: Self.status(readings: 0)))
    }

    /// What is wrong, links and buses as in a cabinet with a meter that is off.
    static func status(readings: UInt64) -> StatusReport {
        var status = StatusReport.well(
            devices: [
                .on("plc", "meter-1"), .on("plc", "meter-2", isAnswering: false, timeouts: 1000),
            ], buses: [.line("plc"), .line("relays", "tcp")])
        status.uptimeSeconds = 93_784
        status.journal.readings = readings
        status.uplinks[0].acknowledged = readings / 10
        status.uplinks[0].inFlight = 3
        status.buses?[1].loadPercent = 74
        return status
    }

    /// A door, a relay and meters, of which the second does not answer.
    static func points(_ meters: Int) -> [PointReport] {
        var points = [
            report("street/door", "", .bool(false), 0.4),
            report("relay-1/lamp", "", .bool(true), 7),
        ]
        for meter in stride(from: 1, through: meters, by: 1) {
            points.append(report("meter-\(meter)/voltage", "V", .double(229 + Double(meter)), 0.2))
            points.append(report("meter-\(meter)/energy", "kWh", .double(12_345.678), 71))
        }
        for index in points.indices where points[index].point.hasPrefix("meter-2/") {
            (points[index].value, points[index].quality) = (nil, "timeout")
        }
        if points.count > 6 {
            let last = points.count - 1
            (points[last].value, points[last].quality, points[last].ageSeconds) = (nil, nil, nil)
        }
        return points
    }

    private static func report(
        _ point: String, _ unit: String, _ value: Value, _ age: Double
    ) -> PointReport {
        PointReport(
            point: point, unit: unit, isWritable: false, isUrgent: false, intervalSeconds: 1,
            value: ControlValue(value), quality: "good", ageSeconds: age)
    }

    // MARK: What happens

    mutating func show(_ frame: LiveFrame) {
        model.take(frame, at: now)
        settle()
    }

    /// A look after so many seconds, at which a point has a new value.
    mutating func change(_ point: String, to value: Double, after seconds: Double = 1) {
        now += seconds
        let index = Self.points(99).firstIndex { $0.point == point } ?? -1
        show(
            LiveFrame(
                points: nil,
                changes: [
                    LiveFrame.Change(
                        index: index, value: ControlValue(.double(value)), quality: "good",
                        ageSeconds: 0)
                ], status: Self.status(readings: UInt64(now - Self.start) * 40)))
    }

    /// Answers what the model asks for: a wave with a gap.
    mutating func answerHistory() {
        var points = model.pointsWithoutPast
        if let point = model.plottedPoint { points.append(point) }
        model.take(points.map(Self.history), at: now)
        settle()
    }

    private static func history(_ point: String) -> HistoryReport {
        let base = point.hasSuffix("energy") ? 12_340.0 : 230
        let buckets = (0..<120).map { index in
            let place = index % 24
            let isGap = (60..<66).contains(index) || (100..<103).contains(index)
            let value = base + Double(place < 12 ? place : 24 - place) / 2
            return HistoryReport.Bucket(
                endedSecondsAgo: max(0, Double(119 - index) * 30 - 20),
                minimum: isGap ? nil : value - 0.5, maximum: isGap ? nil : value + 0.5,
                last: isGap ? nil : value, good: isGap ? 0 : 30, bad: isGap ? 30 : 0)
        }
        return HistoryReport(point: point, unit: "V", bucketSeconds: 30, buckets: buckets)
    }

    @discardableResult
    mutating func press(_ keys: Key...) -> WatchModel.Wish {
        var wish = WatchModel.Wish.nothing
        for key in keys {
            wish = model.press(key)
            settle()
        }
        return wish
    }

    mutating func type(_ text: String) {
        for letter in text { press(.character(letter)) }
    }

    mutating func settle() {
        model.pass(to: now)
        model.fit(view.capacity(model, size))
    }

    // MARK: What is seen

    var lines: [StyledLine] { view.lines(model, size) }

    /// The screen without what stands behind its lines.
    var text: String {
        lines.map { line in
            String(line.text.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n") + "\n"
    }

    /// The points that are seen, as they stand.
    var points: [String] {
        text.split(separator: "\n").compactMap { line in
            line.wholeMatch(of: #/[> ] ([a-z0-9-]+/[a-z0-9-]+) .*/#).map { String($0.1) }
        }
    }
}
