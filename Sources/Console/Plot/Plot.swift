/// A time series drawn with characters: the value as a line that stops at gaps, the range of each
/// piece of time as an upright, a scale on the left and the time below.
public struct Plot: Sendable {
    /// Below this there is no plot but its axes.
    private static let fewest = TerminalSize(rows: 4, columns: 24)
    /// The columns that a label of the time axis takes at least.
    private static let labelColumns = 11

    private let series: TimeSeries
    private let glyphs: Glyphs

    /// A plot of what a terminal can show.
    public init(_ series: TimeSeries, _ glyphs: Glyphs) {
        (self.series, self.glyphs) = (series, glyphs)
    }

    /// So many lines, none wider than so many columns.
    public func lines(columns: Int, rows: Int) -> [String] {
        let rows = max(rows, Self.fewest.rows)
        let columns = max(columns, Self.fewest.columns)
        // The floor and the times below it.
        let height = rows - 2
        let scale = PlotScale(series.range, ticks: min(max(height / 3, height >= 5 ? 3 : 2), 8))
        let labels = labels(scale, height)
        let margin = labels.values.map(\.count).max() ?? 0
        let width = columns - margin - 1
        let dots = draw(scale, width, height)
        let body = (0..<height).map { row in
            let label = labels[row]
            let blanks = String(repeating: " ", count: margin - (label?.count ?? 0))
            let axis = label == nil ? glyphs.axis.side : glyphs.axis.tick
            return blanks + (label ?? "") + axis + dots.text(row, glyphs)
        }
        return body.map(trimmed) + floor(width, margin)
    }

    /// The labels by their rows; the unit stands beside the uppermost, the numbers below each other.
    private func labels(_ scale: PlotScale, _ height: Int) -> [Int: String] {
        var labels: [Int: String] = [:]
        for tick in scale.ticks {
            let row = height - 1 - Int((tick.place * Double(height - 1)).rounded())
            labels[row] = tick.label
        }
        guard !series.unit.isEmpty else { return labels }
        let unit = " " + printable(series.unit)
        let blanks = String(repeating: " ", count: unit.count)
        for (row, label) in labels { labels[row] = label + (row == 0 ? unit : blanks) }
        return labels
    }

    // MARK: Dots

    private func draw(_ scale: PlotScale, _ width: Int, _ height: Int) -> DotField {
        var field = DotField(columns: width, rows: height, glyphs)
        for stretch in series.stretches {
            var last: (x: Int, y: Int)?
            for sample in stretch {
                guard let value = sample.value, let range = sample.range else { continue }
                let x = field.x(series.place(sample))
                let y = field.y(scale.place(value))
                field.line(from: last ?? (x, y), to: (x, y))
                field.line(
                    from: (x, field.y(scale.place(range.lowerBound))),
                    to: (x, field.y(scale.place(range.upperBound))))
                last = (x, y)
            }
        }
        return field
    }

    // MARK: Time

    private func floor(_ width: Int, _ margin: Int) -> [String] {
        var line = Array(repeating: glyphs.axis.floor, count: width)
        var labels = Array(repeating: Character(" "), count: margin + 1 + width)
        let ticks = PlotScale.time(
            seconds: series.seconds, ticks: max(2, width / Self.labelColumns))
        for tick in ticks {
            let column = Int((tick.place * Double(width - 1)).rounded())
            line[column] = glyphs.axis.mark
            // Below its tick, as far as the edge allows.
            let start = margin + 1 + column - tick.label.count / 2
            let last = labels.count - tick.label.count
            for (offset, letter) in tick.label.enumerated() {
                labels[min(max(start, 0), last) + offset] = letter
            }
        }
        let blanks = String(repeating: " ", count: margin)
        return [blanks + glyphs.axis.corner + line.joined(), trimmed(String(labels))]
    }

    private func trimmed(_ line: String) -> String {
        String(line.reversed().drop { $0 == " " }.reversed())
    }
}

/// A field of dots, several to a character. The first row is the uppermost.
private struct DotField {
    private let columns: Int
    private let rows: Int
    private let across: Int
    private let down: Int
    private var cells: [UInt8]

    init(columns: Int, rows: Int, _ glyphs: Glyphs) {
        (self.columns, self.rows) = (columns, rows)
        (across, down) = glyphs.dots
        cells = Array(repeating: 0, count: columns * rows)
    }

    func x(_ place: Double) -> Int { Int((place * Double(columns * across - 1)).rounded()) }

    func y(_ place: Double) -> Int { Int(((1 - place) * Double(rows * down - 1)).rounded()) }

    private mutating func set(_ x: Int, _ y: Int) {
        guard (0..<columns * across).contains(x), (0..<rows * down).contains(y) else { return }
        let bit = UInt8(1) << UInt8(y % down * across + x % across)
        cells[y / down * columns + x / across] |= bit
    }

    mutating func line(from start: (x: Int, y: Int), to end: (x: Int, y: Int)) {
        let steps = max(abs(end.x - start.x), abs(end.y - start.y))
        for step in 0...steps {
            let part = steps == 0 ? 0 : Double(step) / Double(steps)
            set(
                start.x + Int((Double(end.x - start.x) * part).rounded()),
                start.y + Int((Double(end.y - start.y) * part).rounded()))
        }
    }

    func text(_ row: Int, _ glyphs: Glyphs) -> String {
        String(cells[row * columns..<(row + 1) * columns].map(glyphs.character))
    }
}
