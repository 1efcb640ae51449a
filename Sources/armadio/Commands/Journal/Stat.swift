import ArgumentParser
import Console
import Journal

/// `armadio journal stat`
struct JournalStat: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat", abstract: "Show what a journal holds, from its headers.",
        discussion: """
            Examples:
              armadio journal stat
              armadio journal stat --directory /mnt/card/var/lib/armadio/journal --json
            """)

    @OptionGroup var journal: JournalOption
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let summary = try journal.open().summary()
        say(json ? try Console.json(summary) : Self.text(summary))
    }

    private static func text(_ summary: JournalSummary) -> String {
        let name = summary.journal.map { "journal \($0)" } ?? "journal without a readable `state`"
        var lines = [name + (summary.lastEpoch.map { ", last epoch \($0)" } ?? "")]
        for queue in summary.queues { lines += ["", heading(queue)] + body(queue) }
        if summary.quarantine > 0 {
            lines += ["", "\(summary.quarantine) damaged pieces are kept in quarantine/"]
        }
        if let setAside = summary.setAside {
            lines += ["", "set aside, because a broker does not take them:"]
            lines += setAside.map { "  " + $0 }
        }
        return lines.joined(separator: "\n")
    }

    private static func heading(_ queue: JournalSummary.Queue) -> String {
        "\(queue.name): \(queue.segments) segments, \(byteSize(UInt64(queue.bytes)))"
    }

    private static func body(_ queue: JournalSummary.Queue) -> [String] {
        guard queue.frames > 0 else { return ["  nothing written"] }
        let each = decimal(Double(queue.frameBytes) / Double(max(queue.readings, 1)), 2)
        var lines = [
            "  \(queue.readings) readings in \(queue.frames) frames, \(each) B a reading",
            "  written from \(queue.oldest ?? "?") to \(queue.newest ?? "?")",
            "  \(queue.unsent) still to be sent; all before \(queue.settled) is settled",
            "  epochs " + queue.epochs.joined(separator: ", "),
        ]
        if queue.givenUp > 0 { lines.append("  \(queue.givenUp) given up: the journal was full") }
        if queue.damaged > 0 { lines.append("  \(queue.damaged) damaged places: see `verify`") }
        return lines
    }
}
