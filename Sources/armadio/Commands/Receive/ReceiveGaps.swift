import ArgumentParser
import Console
import Receiver

/// `armadio receive gaps`
struct ReceiveGaps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps", abstract: "List what is missing, by gateway and epoch.",
        discussion: """
            What a gateway has declared lost is listed with its reason; `not received` has not come \
            though later readings of its epoch have, and still may.

            Example: armadio receive gaps --database readings.db
            """)

    /// The most of each kind that are listed.
    private static let limit = 10_000

    @OptionGroup var database: DatabaseOption
    @Flag(help: "Print JSON.")
    var json = false

    /// A gap as JSON has it.
    private struct Line: Encodable {
        var gateway: String
        var epoch: String
        var first: UInt64
        var count: UInt64
        var reason: String?
    }

    func run() async throws {
        let gaps: [Gap]
        do {
            gaps = try await database.store(creates: false).gaps(limit: Self.limit)
        } catch let failure as DatabaseFailure {
            complain(failure.description)
            throw Exit.failed
        }
        let lines = gaps.map { gap in
            Line(
                gateway: gap.stream.gateway, epoch: gap.stream.epoch.description,
                first: gap.numbers.lowerBound,
                count: gap.numbers.upperBound - gap.numbers.lowerBound, reason: gap.reason)
        }
        say(json ? try Console.json(lines) : text(lines))
    }

    private func text(_ lines: [Line]) -> String {
        guard !lines.isEmpty else { return "nothing is missing" }
        return table(
            ["GATEWAY", "EPOCH", "FIRST", "COUNT", "WHY"],
            lines.map {
                [$0.gateway, $0.epoch, "\($0.first)", "\($0.count)", $0.reason ?? "not received"]
            })
    }
}
