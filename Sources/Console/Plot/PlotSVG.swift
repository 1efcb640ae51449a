/// A time series as a picture for an HTML page (SVG 1.1): the range of each piece of time as a band,
/// the value as a line, both with the gaps that there are.
///
/// - Parameter title: What is written above, with the unit.
/// - Returns: One `svg` element; it needs no style sheet and scales with its box.
public func plotSVG(
    _ series: TimeSeries, title: String, width: Int = 640, height: Int = 200
) -> String {
    let layout = PlotLayout(series, width: width, height: height, letter: (6.5, 12))
    let picture = PlotSVG(layout: layout)
    let heading = series.unit.isEmpty ? title : "\(title) [\(series.unit)]"
    let size = #"viewBox="0 0 \#(width) \#(height)" width="\#(width)" height="\#(height)""#
    return """
        <svg xmlns="http://www.w3.org/2000/svg" \(size) role="img" \
        font-family="sans-serif" font-size="11">
        <title>\(escapedXML(heading))</title>
        <text x="\(PlotSVG.text(layout.left))" y="16" font-weight="bold">\
        \(escapedXML(heading))</text>
        \((picture.grid + picture.data).joined(separator: "\n"))
        </svg>
        """
}

private struct PlotSVG {
    private static let (band, line) = ("#cfe0f5", "#1f5fa8")

    let layout: PlotLayout

    static func text(_ number: Double) -> String { decimal(number, 1) }

    var grid: [String] {
        let levels = layout.scale.ticks.flatMap { tick in
            let y = layout.y(tick.place)
            return [
                line(layout.left, y, layout.right, y, "#ddd"),
                label(tick.label, layout.left - 5, y + 4, "end"),
            ]
        }
        let times = layout.times.flatMap { tick in
            let x = layout.x(tick.place)
            return [
                line(x, layout.bottom, x, layout.bottom + 4, "#888"),
                label(tick.label, x, layout.bottom + 17, tick.place == 1 ? "end" : "middle"),
            ]
        }
        return levels + times
            + [line(layout.left, layout.bottom, layout.right, layout.bottom, "#888")]
    }

    var data: [String] {
        guard layout.series.range != nil else {
            let middle = (layout.left + layout.right) / 2
            return [label("no values", middle, (layout.top + layout.bottom) / 2, "middle")]
        }
        return layout.series.stretches.flatMap { stretch -> [String] in
            let (band, line) = (layout.band(stretch), layout.line(stretch))
            guard line.count > 1 else { return line.map(dot) }
            let upper = band.map { point($0.x, $0.high) }
            let lower = band.reversed().map { point($0.x, $0.low) }
            let value = line.map { point($0.x, $0.y) }
            return [
                #"<polygon points="\#((upper + lower).joined(separator: " "))" fill="\#(Self.band)"/>"#,
                #"<polyline points="\#(value.joined(separator: " "))" fill="none" "#
                    + #"stroke="\#(Self.line)" stroke-width="1.5"/>"#,
            ]
        }
    }

    private func point(_ x: Double, _ y: Double) -> String { "\(Self.text(x)),\(Self.text(y))" }

    private func dot(_ place: (x: Double, y: Double)) -> String {
        #"<circle cx="\#(Self.text(place.x))" cy="\#(Self.text(place.y))" r="2" fill="\#(Self.line)"/>"#
    }

    private func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String
    ) -> String {
        #"<line x1="\#(Self.text(x1))" y1="\#(Self.text(y1))" x2="\#(Self.text(x2))" "#
            + #"y2="\#(Self.text(y2))" stroke="\#(colour)"/>"#
    }

    private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
        #"<text x="\#(Self.text(x))" y="\#(Self.text(y))" text-anchor="\#(anchor)">"#
            + escapedXML(text) + "</text>"
    }
}
