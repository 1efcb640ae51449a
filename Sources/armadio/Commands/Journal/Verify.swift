import ArgumentParser
import Console
import Journal
import Telemetry

/// `armadio journal verify`
struct JournalVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read every frame of a journal and check it.",
        discussion: """
            Exit code 0 if all is whole, 1 if something is damaged. The gateway starts all the \
            same: it sends what is whole, names the gap, and keeps the damaged bytes in \
            quarantine/.

            Example: armadio journal verify --directory /mnt/card/var/lib/armadio/journal
            """)

    @OptionGroup var journal: JournalOption

    func run() throws {
        var inspection = try journal.open()
        var (frames, readings, damages) = (0, UInt64(0), 0)
        for priority in Priority.allCases {
            try inspection.visit(priority) { item in
                switch item {
                case .batch(let batch, _):
                    frames += 1
                    if case .readings = batch.content { readings += batch.count }
                case .damage(let damage):
                    damages += 1
                    say(Self.text(damage))
                }
            }
        }
        say("\(frames) frames with \(readings) readings are whole; \(damages) places are damaged")
        if damages > 0 { throw Exit.failed }
    }

    private static func text(_ damage: JournalDamage) -> String {
        let place =
            "\(damage.path): bytes \(damage.bytes.lowerBound) to \(damage.bytes.upperBound - 1)"
        guard let lost = damage.lost else { return place + " are no frame" }
        return place + ": a damaged frame; lost are \(lost.sequences.count) readings, sequence "
            + "\(lost.sequences.lowerBound) to \(lost.sequences.upperBound - 1) of epoch \(lost.epoch)"
    }
}
