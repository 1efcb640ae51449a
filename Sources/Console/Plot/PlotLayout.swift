/// Where the parts of a plot are that has a size in pixels; for pictures of any kind.
struct PlotLayout {
    let series: TimeSeries
    let left: Double
    let top: Double
    let right: Double
    let bottom: Double
    let scale: PlotScale
    let times: [PlotScale.Tick]

    /// A layout for a picture of this size.
    init(_ series: TimeSeries, width: Int, height: Int, letter: (width: Double, height: Double)) {
        self.series = series
        top = letter.height * 2.5
        bottom = max(Double(height) - letter.height * 2, top + letter.height)
        scale = PlotScale(
            series.range, ticks: min(max(Int((bottom - top) / (letter.height * 2.5)), 2), 8))
        let longest = scale.ticks.map(\.label.count).max() ?? 0
        left = letter.width * (Double(longest) + 1.5)
        right = max(Double(width) - letter.width * 2, left + letter.width)
        times = PlotScale.time(
            seconds: series.seconds,
            ticks: min(max(Int((right - left) / (letter.width * 11)), 2), 8))
    }

    func x(_ place: Double) -> Double { left + place * (right - left) }

    func y(_ place: Double) -> Double { bottom - place * (bottom - top) }

    /// The range of each piece of time in a stretch; pieces between touch.
    func band(_ stretch: [TimeSeries.Sample]) -> [(x: Double, low: Double, high: Double)] {
        stretch.compactMap { sample in
            sample.range.map {
                (
                    x(series.place(sample)), y(scale.place($0.lowerBound)),
                    y(scale.place($0.upperBound))
                )
            }
        }
    }

    /// The value in a stretch.
    func line(_ stretch: [TimeSeries.Sample]) -> [(x: Double, y: Double)] {
        stretch.compactMap { sample in
            sample.value.map { (x(series.place(sample)), y(scale.place($0))) }
        }
    }
}
