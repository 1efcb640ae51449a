/// A time series as a PNG file: the range of each piece of time as a band, the value as a line, both
/// with the gaps that there are.
///
/// - Parameter title: What is written above, with the unit.
/// - Returns: The file's bytes; nil if there is no memory for it.
public func plotPNG(
    _ series: TimeSeries, title: String, width: Int = 960, height: Int = 360
) -> [UInt8]? {
    var picture = PlotPNG(series, width: width, height: height)
    picture.drawGrid(title: series.unit.isEmpty ? title : "\(title) [\(series.unit)]")
    picture.drawData()
    return picture.image.encoded
}

private struct PlotPNG {
    private static let (ink, grid) = (PNGImage.Colour(0x222222), PNGImage.Colour(0xDDDDDD))
    private static let (band, line) = (PNGImage.Colour(0xCFE0F5), PNGImage.Colour(0x1F5FA8))
    /// Letters of 12 by 16 pixels.
    private static let letters = 2

    private let layout: PlotLayout
    var image: PNGImage

    init(_ series: TimeSeries, width: Int, height: Int) {
        image = PNGImage(width: width, height: height)
        layout = PlotLayout(
            series, width: image.width, height: image.height, letter: (12, 16))
    }

    private static func pixel(_ x: Double, _ y: Double) -> (x: Int, y: Int) {
        (Int(x.rounded()), Int(y.rounded()))
    }

    mutating func drawGrid(title: String) {
        image.text(title, x: Int(layout.left), y: 10, Self.ink, scale: Self.letters)
        for tick in layout.scale.ticks {
            let y = layout.y(tick.place)
            image.line(
                from: Self.pixel(layout.left, y), to: Self.pixel(layout.right, y), Self.grid)
            write(tick.label, endingAt: layout.left - 6, y: y - 7)
        }
        image.line(
            from: Self.pixel(layout.left, layout.bottom),
            to: Self.pixel(layout.right, layout.bottom), Self.ink)
        for tick in layout.times {
            let x = layout.x(tick.place)
            image.line(
                from: Self.pixel(x, layout.bottom), to: Self.pixel(x, layout.bottom + 5), Self.ink)
            let half = Double(PNGImage.textWidth(tick.label, scale: Self.letters)) / 2
            write(
                tick.label, endingAt: min(x + half, Double(image.width) - 4),
                y: layout.bottom + 14)
        }
    }

    mutating func drawData() {
        guard layout.series.range != nil else {
            let middle = (layout.left + layout.right) / 2
            return write("no values", endingAt: middle + 54, y: (layout.top + layout.bottom) / 2)
        }
        for stretch in layout.series.stretches { fill(layout.band(stretch)) }
        for stretch in layout.series.stretches {
            let places = layout.line(stretch)
            for (start, end) in zip(places, places.dropFirst() + places.suffix(1)) {
                image.line(
                    from: Self.pixel(start.x, start.y), to: Self.pixel(end.x, end.y), Self.line,
                    thickness: 2)
            }
        }
    }

    /// The band, column by column.
    private mutating func fill(_ band: [(x: Double, low: Double, high: Double)]) {
        for (start, end) in zip(band, band.dropFirst()) {
            let (first, last) = (Int(start.x.rounded()), Int(end.x.rounded()))
            for x in first...max(first, last) {
                let part = last > first ? Double(x - first) / Double(last - first) : 0
                let high = start.high + (end.high - start.high) * part
                let low = start.low + (end.low - start.low) * part
                image.line(
                    from: Self.pixel(Double(x), high), to: Self.pixel(Double(x), low), Self.band)
            }
        }
    }

    private mutating func write(_ text: String, endingAt x: Double, y: Double) {
        let width = PNGImage.textWidth(text, scale: Self.letters)
        image.text(text, x: Int(x) - width, y: Int(y), Self.ink, scale: Self.letters)
    }
}
