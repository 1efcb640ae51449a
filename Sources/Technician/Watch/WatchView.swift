import Console
import Gateway

/// The screen of `armadio watch`, line by line.
public struct WatchView: Sendable {
    /// Fewer rows of points are never shown, whatever else has to give way.
    private static let fewestRows = 3

    private let glyphs: Glyphs

    /// A screen of what a terminal can show.
    public init(_ glyphs: Glyphs) { self.glyphs = glyphs }

    /// The lines of a screen of this size, at most as many as it has.
    public func lines(_ model: WatchModel, _ size: TerminalSize) -> [StyledLine] {
        guard size.rows > 2, size.columns > 0 else { return [StyledLine("too small")] }
        let body =
            switch model.page {
            case .table: table(model, size)
            case .plot: plot(model, size)
            case .help: help
            }
        let room = size.rows - 1
        let blanks = Array(repeating: StyledLine(), count: max(room - body.count, 0))
        return Array(body.prefix(room)) + blanks + [footer(model, size)]
    }

    /// How many points have room.
    public func capacity(_ model: WatchModel, _ size: TerminalSize) -> Int {
        max(size.rows - 2 - header(model, size).count, 1)
    }

    private func header(_ model: WatchModel, _ size: TerminalSize) -> [StyledLine] {
        let lines = WatchHeader(model: model, size: size, glyphs: glyphs).lines
        return Array(lines.prefix(max(size.rows - 2 - Self.fewestRows, size.rows > 3 ? 1 : 0)))
    }

    private func table(_ model: WatchModel, _ size: TerminalSize) -> [StyledLine] {
        let table = WatchTable(model: model, columns: size.columns, glyphs: glyphs)
        return header(model, size) + [table.heading] + table.rows(capacity(model, size))
    }

    // MARK: One point

    private func plot(_ model: WatchModel, _ size: TerminalSize) -> [StyledLine] {
        let header = Array(header(model, size).prefix(1))
        guard let row = model.marked else { return header }
        let age = row.readAt.map { ", \(roundSpan(model.picture.time - $0)) old" } ?? ""
        var title = StyledLine(printable(row.point), .bold)
        let value = row.value.map { "\($0.description) \(row.unit)" } ?? "no value"
        title.append("  " + value, row.isGood ? .plain : .red)
        title.append("  \(row.quality ?? "not yet read")\(age)")
        guard let history = model.history else { return header + [title] }
        let series = TimeSeries(history)
        let plot = Plot(series, glyphs)
            .lines(columns: size.columns - 1, rows: size.rows - header.count - 4)
        let body = series.range == nil ? ["no number in this time"] : plot
        return header + [title, StyledLine(summary(series, history)), ""]
            + body.map { StyledLine($0) }
    }

    private func summary(_ series: TimeSeries, _ history: HistoryReport) -> String {
        let bad = history.buckets.reduce(0) { $0 + $1.bad }
        let range = series.range.map {
            "least \(number($0.lowerBound)), largest \(number($0.upperBound)), "
        }
        return "last \(timeSpan(series.seconds)): \(range ?? "")\(bad) readings not good"
    }

    /// The gateway keeps single precision, whose places are all that is known.
    private func number(_ value: Double) -> String {
        let text = Float(value).description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    // MARK: Below

    private func footer(_ model: WatchModel, _ size: TerminalSize) -> StyledLine {
        let (listed, all) = (model.listed.count, model.picture.rows.count)
        var left = listed == all ? "\(all) points" : "\(listed) of \(all) points"
        if model.page == .plot { left = "ESC back" }
        if model.page == .help { left = "any key: back" }
        if model.page == .table, model.isTyping || !model.filter.isEmpty {
            left += "  filter: \(printable(model.filter))" + (model.isTyping ? "_" : "")
        }
        if model.onlyBad { left += "  only bad" }
        if model.order != .name { left += "  by \(model.order.rawValue)" }
        let keys =
            model.isTyping
            ? "Enter done  ESC all" : "/ filter  s sort  b bad  p pause  Enter plot  ? help  q quit"
        let width = size.columns - displayWidth(keys) - 1
        guard width >= displayWidth(left) + 2 else {
            return StyledLine(fitted(left + "  ? help  q quit", size.columns), .reverse)
        }
        return StyledLine(fitted(left, width) + keys + " ", .reverse)
    }

    private var help: [StyledLine] {
        let keys = [
            ("arrows, PgUp/Dn", "mark another point; Home and End too"),
            ("Enter", "plot the marked point's last hour, and back"),
            ("/", "show only points with these letters; ESC shows all"),
            ("s", "sort by name, by age (oldest first), by quality (bad first)"),
            ("b", "show only points that are not good, and all"),
            ("p, Space", "hold the screen, and go on; nothing is missed meanwhile"),
            ("Ctrl-L, Ctrl-Z", "draw anew; to the shell, and back with `fg`"),
            ("q, ESC, Ctrl-C", "leave; the gateway goes on"),
        ]
        let lines = keys.map { StyledLine("  " + fitted($0.0, 17) + $0.1) }
        let title: StyledLine = StyledLine("Keys of armadio watch", .bold)
        return [title, ""] + lines + [
            "", "  The small plots have a bar for each 30 s, as high as its last good value among",
            "  those beside it; a blank is a time without one.",
        ]
    }
}
