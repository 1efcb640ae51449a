/// A series on one line: a bar a column, as high as its value among them. A gap is a blank; values
/// that are all the same are in the middle.
public struct Sparkline: Sendable {
    private let glyphs: Glyphs

    /// Lines of what a terminal can show.
    public init(_ glyphs: Glyphs) { self.glyphs = glyphs }

    /// The last values, right-aligned in so many columns. What is not finite is a gap.
    public func text(_ values: some Collection<Double?>, columns: Int) -> String {
        let columns = max(columns, 0)
        let shown = values.suffix(columns).map { value in value.flatMap { $0.isFinite ? $0 : nil } }
        let known = shown.compactMap(\.self)
        let blanks = String(repeating: " ", count: columns - shown.count)
        guard let low = known.min(), let high = known.max() else {
            return String(repeating: " ", count: columns)
        }
        return blanks + String(shown.map { bar($0, low, high) })
    }

    private func bar(_ value: Double?, _ low: Double, _ high: Double) -> Character {
        guard let value else { return " " }
        let bars = glyphs.bars
        // Halves, so that the largest numbers have a difference too.
        let span = high / 2 - low / 2
        guard span > 0 else { return bars[bars.count / 2 - 1] }
        let part = (value / 2 - low / 2) / span
        return bars[min(Int(part * Double(bars.count)), bars.count - 1)]
    }
}
