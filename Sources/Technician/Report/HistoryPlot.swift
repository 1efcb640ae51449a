import Console
import Gateway

/// The last hour of a point as a picture (SVG 1.1): the last good value of each piece of time as a
/// line that stops where there was none, and a cross below each piece with readings that failed.
struct HistoryPlot {
    private static let width = 340.0
    private static let height = 90.0
    /// Where the scale's numbers stand.
    private static let margin = 64.0
    private static let foot = 18.0

    let history: HistoryReport

    var svg: HTML {
        HTML.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "role": "img",
                "viewBox": "0 0 \(Self.text(Self.width)) \(Self.text(Self.height + Self.foot))",
            ],
            HTML.element("title", [:], HTML.text(title)), frame, line, crosses, scale)
    }

    /// What is to be seen, for who cannot see it.
    private var title: String {
        guard let range else { return "\(history.point): no good number in the last hour" }
        return "\(history.point): \(Self.number(range.low)) to \(Self.number(range.high)) "
            + history.unit
    }

    private var range: (low: Double, high: Double)? {
        let lows = history.buckets.compactMap(\.minimum)
        let highs = history.buckets.compactMap(\.maximum)
        guard let low = lows.min(), let high = highs.max(), low.isFinite, high.isFinite
        else { return nil }
        return (low, high)
    }

    private var frame: HTML {
        HTML.element(
            "rect",
            [
                "x": Self.text(Self.margin), "y": "2",
                "width": Self.text(Self.width - Self.margin - 4),
                "height": Self.text(Self.height - 4), "fill": "none", "stroke": "#999",
            ])
    }

    /// One line for each stretch without a hole; a value between two holes is a dot.
    private var line: HTML {
        HTML.all(
            stretches.map { stretch in
                let points = stretch.map { "\(Self.text($0.x)),\(Self.text($0.y))" }
                guard stretch.count > 1 else {
                    return HTML.element(
                        "circle",
                        [
                            "cx": Self.text(stretch[0].x), "cy": Self.text(stretch[0].y),
                            "r": "1.5",
                        ])
                }
                return HTML.element(
                    "polyline",
                    [
                        "points": points.joined(separator: " "), "fill": "none",
                        "stroke": "#000", "stroke-width": "1.2",
                    ])
            })
    }

    private var stretches: [[(x: Double, y: Double)]] {
        guard let range else { return [] }
        var (stretches, stretch): ([[(x: Double, y: Double)]], [(x: Double, y: Double)]) = ([], [])
        for (index, bucket) in history.buckets.enumerated() {
            if let last = bucket.last, last.isFinite {
                stretch.append((x(index), Self.y(last, in: range)))
            } else if !stretch.isEmpty {
                stretches.append(stretch)
                stretch = []
            }
        }
        return stretch.isEmpty ? stretches : stretches + [stretch]
    }

    private var crosses: HTML {
        HTML.all(
            history.buckets.enumerated().filter { $0.element.bad > 0 }.map { index, _ in
                Self.label("×", x: x(index), y: Self.height - 6, anchor: "middle")
            })
    }

    private var scale: HTML {
        let minutes = history.bucketSeconds * Double(history.buckets.count) / 60
        let values = range.map { range in
            [
                Self.label(Self.number(range.high), x: Self.margin - 4, y: 11, anchor: "end"),
                Self.label(
                    Self.number(range.low), x: Self.margin - 4, y: Self.height - 4, anchor: "end"),
            ]
        }
        let foot = Self.height + 11
        return HTML.all(
            (values ?? []) + [
                Self.label(
                    "\(decimal(minutes, 0)) min ago", x: Self.margin, y: foot, anchor: "start"),
                Self.label("now", x: Self.width - 4, y: foot, anchor: "end"),
            ])
    }

    private func x(_ index: Int) -> Double {
        let last = max(1, history.buckets.count - 1)
        return Self.margin + 4 + (Self.width - Self.margin - 12) * Double(index) / Double(last)
    }

    /// A value that does not change is in the middle.
    private static func y(_ value: Double, in range: (low: Double, high: Double)) -> Double {
        // Halves, so that the largest numbers have a difference too.
        let span = range.high / 2 - range.low / 2
        let part = span > 0 ? (value / 2 - range.low / 2) / span : 0.5
        return height - 10 - (height - 18) * min(max(part, 0), 1)
    }

    private static func label(_ text: String, x: Double, y: Double, anchor: String) -> HTML {
        HTML.element(
            "text",
            ["x": Self.text(x), "y": Self.text(y), "text-anchor": anchor, "font-size": "9"],
            HTML.text(text))
    }

    private static func text(_ number: Double) -> String { decimal(number, 1) }

    /// As many places as tell values apart.
    private static func number(_ value: Double) -> String {
        value.magnitude >= 1000 ? decimal(value, 0) : decimal(value, value.magnitude < 10 ? 3 : 1)
    }
}
