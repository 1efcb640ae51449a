import Console
import Gateway

/// The upper part of the screen: what is wrong first, then links, journal and buses.
struct WatchHeader {
    /// The first words of lines stand in a column.
    private static let margin = 9
    private static let barWidth = 10

    let model: WatchModel
    let size: TerminalSize
    let glyphs: Glyphs

    var lines: [StyledLine] {
        guard let status = model.picture.status else { return [title(nil)] }
        return [title(status)] + findings + links(status) + [journal(status.journal)]
            + buses(status)
    }

    // MARK: The gateway

    private func title(_ status: StatusReport?) -> StyledLine {
        let (state, style): (String, StyledLine.Style) =
            switch model.link {
            case .connecting: ("connecting", .yellow)
            case .lost(let reason): ("NO CONNECTION, trying again: \(reason)", .red)
            case .live: model.isPaused ? ("PAUSED", .yellow) : ("live", .green)
            }
        let text = status.map {
            "\($0.gateway), armadio \($0.version), up \(timeSpan($0.uptimeSeconds)), "
                + "clock \($0.clock)"
        }
        var line = StyledLine()
        if let text {
            // The state is what must not be cut off.
            let room = max(size.columns - 2 - displayWidth(state), size.columns / 3)
            line.append(fitted(text, room), .bold)
            line.append("  ")
        }
        line.append(
            fitted(state, min(displayWidth(state), max(size.columns - line.width, 0))), style)
        return line
    }

    // MARK: What is wrong

    private var findings: [StyledLine] {
        let findings = model.picture.findings.filter { $0.severity > .ok }
        guard !findings.isEmpty else { return [StyledLine("+ all is well", .green)] }
        let most = max(3, size.rows / 8)
        let shown = findings.count > most ? most - 1 : findings.count
        let more = findings.count - shown
        return findings.prefix(shown).enumerated().flatMap { lines($1, isFirst: $0 == 0) }
            + (more > 0 ? [StyledLine("  and \(more) more: armadio status")] : [])
    }

    /// What to do about the worst has a line of its own where there is no room beside it.
    private func lines(_ finding: Finding, isFirst: Bool) -> [StyledLine] {
        let (mark, style): (String, StyledLine.Style) =
            switch finding.severity {
            case .problem: ("!", .red)
            case .warning: ("*", .yellow)
            case .note, .ok: ("-", .plain)
            }
        let what = "\(mark) \(finding.subject): \(finding.what)"
        let mend = finding.mend.map { " -> \($0)" } ?? ""
        guard isFirst, !mend.isEmpty, displayWidth(what + mend) > size.columns else {
            return [StyledLine(fitted(what + mend, size.columns), style)]
        }
        return [
            StyledLine(fitted(what, size.columns), style),
            StyledLine(fitted(" " + mend, size.columns)),
        ]
    }

    // MARK: Links and journal

    private func links(_ status: StatusReport) -> [StyledLine] {
        let most = max(2, size.rows / 12)
        let shown = status.uplinks.count > most ? most - 1 : status.uplinks.count
        let more = status.uplinks.count - shown
        return status.uplinks.prefix(shown).map(link)
            + (more > 0 ? [StyledLine("and \(more) more uplinks: armadio status")] : [])
    }

    private func link(_ link: StatusReport.Link) -> StyledLine {
        var line = StyledLine(heading(link.name))
        line.append(link.isUp ? "up" : "DOWN", link.isUp ? .green : .red)
        let rate = model.picture.messagesPerSecond(link.name).map {
            "\(decimal($0, 1)) messages/s, "
        }
        let refused = link.refused > 0 ? ", \(link.refused) refused" : ""
        let text =
            " \(roundSpan(link.sinceSeconds)), \(rate ?? "")\(link.inFlight) on their way"
            + "\(refused), \(link.broker)"
        line.append(fitted(text, max(size.columns - line.width, 0)))
        return line
    }

    private func journal(_ journal: StatusReport.Journal) -> StyledLine {
        let rate = model.picture.readingsPerSecond.map { "\(decimal($0, 1)) readings/s, " } ?? ""
        let oldest = journal.oldestSeconds.map { ", oldest \(roundSpan($0))" } ?? ""
        return StyledLine(
            heading("journal")
                + "\(rate)waiting: \(journal.inMemory) in memory, \(journal.onDisk) on disk"
                + " (\(byteSize(journal.diskBytes)))\(oldest)")
    }

    private func heading(_ text: String) -> String {
        fitted(text, max(Self.margin - 1, min(displayWidth(text), 20))) + " "
    }

    // MARK: Buses

    /// As many buses on a line as there is room for; no more lines than a part of the screen.
    private func buses(_ status: StatusReport) -> [StyledLine] {
        let buses = status.buses ?? []
        let nameWidth = min(buses.map { displayWidth($0.name) }.max() ?? 0, 20)
        let width = max(nameWidth, Self.margin - 1) + 1 + Self.barWidth + 8
        let inLine = max(size.columns / width, 1)
        let most = max(1, size.rows / 12) * inLine
        let shown = buses.count > most ? most - 1 : buses.count
        var cells = buses.prefix(shown).map { bus($0, max(nameWidth, Self.margin - 1)) }
        if buses.count > shown { cells.append(StyledLine("and \(buses.count - shown) more buses")) }
        return stride(from: 0, to: cells.count, by: inLine).map { start in
            cells[start..<min(start + inLine, cells.count)].reduce(into: StyledLine()) {
                $0.append($1)
            }
        }
    }

    private func bus(_ bus: StatusReport.Bus, _ nameWidth: Int) -> StyledLine {
        let load = min(max(bus.loadPercent, 0), 999)
        let filled = min(Int((load / 100 * Double(Self.barWidth)).rounded(.up)), Self.barWidth)
        let (full, empty) = glyphs == .ascii ? ("#", ".") : ("\u{2588}", "\u{2591}")
        var line = StyledLine(fitted(bus.name, nameWidth) + " ")
        let style: StyledLine.Style =
            bus.overload != nil || load >= 90 ? .red : load >= 70 ? .yellow : .green
        line.append(String(repeating: full, count: filled), style)
        line.append(String(repeating: empty, count: Self.barWidth - filled), .dim)
        line.append(fitted(decimal(load, 0), 4, onRight: true) + " %  ")
        return line
    }
}
