import ArgumentParser
import Console
import Gateway
import Journal
import Telemetry

/// `armadio journal rewind`
struct JournalRewindCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewind", abstract: "Send again what was delivered already.",
        discussion: """
            For a platform that has lost what it had acknowledged. Readings keep their identity. \
            What can be sent again is what was written to the card and is still there: \
            `journal: keep-delivered` says how much that is. Without --write it only tells what \
            would go out again.

            Examples:
              armadio journal rewind --to 2h
              armadio journal rewind --to 2026-11-25T10:00:00Z --write
            """)

    @OptionGroup var journal: JournalOption
    @Option(
        help: ArgumentHelp(
            "From when on: ISO 8601, an age such as 2h, or `all`.", valueName: "time"))
    var to: String
    @Flag(help: "Do it.")
    var write = false

    func run() throws {
        let time = to == "all" ? nil : TimeArgument(argument: to)
        guard to == "all" || time != nil else {
            throw ValidationError("`\(to)` is no time; write 2026-11-25T10:00:00Z, 2h or all")
        }
        let plan = try plan(since: time?.time)
        for (priority, (position, count)) in plan.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        {
            say("\(priority.name): \(count) readings go out again, from \(position) on")
        }
        guard !plan.isEmpty else { return say("nothing is there that could be sent again") }
        guard write else { return say("nothing is changed; add --write to do it") }
        let positions = plan.mapValues(\.position)
        let directory = try journal.directory()
        do {
            try JournalRewind.write(positions, in: directory)
            say("the next start of the gateway sends them")
        } catch let error as JournalError where error.code == .inUse {
            try ask(positions)
        }
    }

    /// Where each queue goes back to, and how many settled readings that is.
    private func plan(since time: WallTime?) throws -> [Priority: (
        position: Position, count: UInt64
    )] {
        var inspection = try journal.open()
        var plan: [Priority: (position: Position, count: UInt64)] = [:]
        for priority in Priority.allCases {
            try inspection.visit(priority) { item in
                guard case .batch(let batch, let isSettled) = item else { return }
                let newest = batch.newest
                guard plan[priority] != nil || newest >= time ?? newest else { return }
                let known = plan[priority] ?? (batch.begin, 0)
                plan[priority] = (known.position, known.count + (isSettled ? batch.count : 0))
            }
        }
        return plan
    }

    /// The running gateway has the journal: it does it itself.
    private func ask(_ positions: [Priority: Position]) throws {
        do throws(ControlClient.Failure) {
            try ControlClient.rewind(positions, socket: journal.file.controlSocket())
            say("the gateway sends them")
        } catch {
            complain("\(error)")
            throw Exit.notRunning
        }
    }
}

extension OutboundBatch {
    /// The time of its newest reading; when a gap was recorded.
    fileprivate var newest: WallTime {
        guard case .readings(let readings) = content, let last = readings.instants.max() else {
            return anchor.wall
        }
        return anchor.wallTime(at: last)
    }
}
