/// Turns frames into what a terminal has to be sent: all of the first, of the others only what is
/// different, so that a serial console at 9600 baud keeps up.
public struct FramePainter: Sendable {
    /// So many cells that are as they were are sent again where the cursor's way around them would
    /// be longer.
    private static let shortestJump = 8

    private let isColourful: Bool
    private var size = TerminalSize(rows: 0, columns: 0)
    private var shown: [[StyledLine.Cell]] = []

    /// A painter for a terminal about which nothing is known.
    public init(isColourful: Bool) { self.isColourful = isColourful }

    /// Forgets what the terminal shows: the next frame is sent whole.
    public mutating func forget() { shown = [] }

    /// What is to be sent so that these lines are shown; what does not fit is cut off. Empty if they
    /// already are.
    public mutating func paint(_ lines: [StyledLine], on size: TerminalSize) -> String {
        var output = ""
        if size != self.size || shown.isEmpty {
            self.size = size
            shown = Array(
                repeating: Array(repeating: .blank, count: size.columns), count: size.rows)
            output = "\u{1B}[0m\u{1B}[H\u{1B}[2J"
        }
        for row in 0..<size.rows {
            let wanted = row < lines.count ? lines[row].cells(size.columns) : blankRow
            guard wanted != shown[row] else { continue }
            output += changes(from: shown[row], to: wanted, row)
            shown[row] = wanted
        }
        return output
    }

    private var blankRow: [StyledLine.Cell] {
        Array(repeating: .blank, count: size.columns)
    }

    /// The runs of a row that are different, each behind its place.
    private func changes(
        from old: [StyledLine.Cell], to new: [StyledLine.Cell], _ row: Int
    ) -> String {
        var output = ""
        let end = (new.lastIndex { $0 != .blank } ?? -1) + 1
        let isTailDirty = old[end...].contains { $0 != .blank }
        var column = 0
        while let run = nextRun(old, new, from: column, end) {
            output += place(row, run.lowerBound) + text(new[run])
            column = run.upperBound
        }
        return isTailDirty ? output + place(row, end) + "\u{1B}[K" : output
    }

    private func nextRun(
        _ old: [StyledLine.Cell], _ new: [StyledLine.Cell], from column: Int, _ end: Int
    ) -> Range<Int>? {
        guard var start = (column..<max(end, column)).first(where: { old[$0] != new[$0] }) else {
            return nil
        }
        // Half a character cannot be written.
        if new[start].character == nil, start > 0 { start -= 1 }
        var (last, next) = (start, start + 1)
        while next < end, next - last <= Self.shortestJump {
            if old[next] != new[next] { last = next }
            next += 1
        }
        // Nor the first half without the second.
        if last + 1 < end, new[last + 1].character == nil { last += 1 }
        return start..<last + 1
    }

    private func place(_ row: Int, _ column: Int) -> String {
        column == 0 ? "\u{1B}[\(row + 1)H" : "\u{1B}[\(row + 1);\(column + 1)H"
    }

    /// Characters, with what changes their looks; looks are as usual before and after.
    private func text(_ cells: ArraySlice<StyledLine.Cell>) -> String {
        var (output, style) = ("", StyledLine.Style.plain)
        for cell in cells {
            if cell.style != style {
                output += "\u{1B}[\(cell.style.code(isColourful: isColourful))m"
                style = cell.style
            }
            if let character = cell.character { output.append(character) }
        }
        return style == .plain ? output : output + "\u{1B}[0m"
    }
}
