import Console
import Gateway

/// The table of points: one line each, with a sparkline of its last minutes.
struct WatchTable {
    private static let (qualityWidth, ageWidth) = (12, 6)

    let model: WatchModel
    let columns: Int
    let glyphs: Glyphs

    /// From 80 columns to 200, and beyond.
    private var valueWidth: Int { columns >= 120 ? 18 : 12 }
    private var unitWidth: Int { columns >= 120 ? 8 : 6 }
    private var trailWidth: Int { columns >= 120 ? min(columns / 4, WatchTrail.pieces) : 10 }
    private var nameWidth: Int {
        let rest = 2 + valueWidth + unitWidth + Self.qualityWidth + Self.ageWidth + trailWidth
        return max(min(columns - rest - 5, max(model.picture.nameWidth, 24)), 8)
    }

    /// The headings.
    var heading: StyledLine {
        let minutes = Int(Double(trailWidth) * WatchTrail.pieceSeconds / 60)
        return StyledLine(
            fitted(
                "  " + fitted("POINT", nameWidth) + fitted("VALUE", valueWidth + 1, onRight: true)
                    + " " + fitted("UNIT", unitWidth) + " " + fitted("QUALITY", Self.qualityWidth)
                    + " " + fitted("AGE", Self.ageWidth, onRight: true) + " "
                    + "LAST \(minutes) MIN", columns), .reverse)
    }

    /// So many rows.
    func rows(_ count: Int) -> [StyledLine] {
        let listed = model.listed.dropFirst(model.top).prefix(count)
        guard !listed.isEmpty else {
            return [StyledLine(model.picture.rows.isEmpty ? "  no points" : "  no point fits")]
        }
        return listed.enumerated().map { place, index in
            line(model.picture.rows[index], isMarked: place + model.top == model.cursor)
        }
    }

    private func line(_ row: WatchPicture.Row, isMarked: Bool) -> StyledLine {
        var line = StyledLine(
            (isMarked ? "> " : "  ") + fitted(row.point, nameWidth), isMarked ? .bold : .plain)
        let style: StyledLine.Style = row.isGood ? .plain : row.quality == nil ? .dim : .red
        line.append(" " + fitted(value(row.value), valueWidth, onRight: true) + " ", style)
        line.append(fitted(row.unit, unitWidth) + " ")
        line.append(fitted(row.quality ?? "not yet", Self.qualityWidth) + " ", style)
        let age = row.readAt.map { roundSpan(model.picture.time - $0) } ?? "-"
        line.append(fitted(age, Self.ageWidth, onRight: true) + " ")
        let values = row.trail.values(at: model.picture.time)
        line.append(Sparkline(glyphs).text(values, columns: trailWidth))
        return line
    }

    /// The value as far as there is room; a number that is longer loses places, not its head.
    private func value(_ value: ControlValue?) -> String {
        guard let value else { return "-" }
        let text = value.description
        guard text.count > valueWidth, case .double(let number) = value.value,
            number.magnitude < 1e9
        else { return text }
        let whole = decimal(number.rounded(.towardZero), 0).count + (number < 0 ? 1 : 0)
        return decimal(number, min(max(valueWidth - whole - 2, 0), 6))
    }
}
