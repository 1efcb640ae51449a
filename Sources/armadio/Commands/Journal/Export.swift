import ArgumentParser
import Console
import Journal
import Platform
import Telemetry
import Uplink

/// `armadio journal export`
struct JournalExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print a journal as the platform's messages.",
        discussion: """
            For a cabinet that will not send again: one SenML pack (RFC 8428) a line, as it is on \
            MQTT 3.1.1, where the first record names epoch, first sequence number and count. A \
            platform that keeps identities takes what it has already got only once.

            Example: armadio journal export --directory /mnt/card/var/lib/armadio/journal
            """)

    @OptionGroup var journal: JournalOption
    @Option(help: ArgumentHelp("The gateway's name, if not the configured one.", valueName: "name"))
    var gateway: String?
    @Flag(help: "Only what is still to be sent.")
    var unsent = false

    func run() throws {
        let points = PointTable()
        let name = try gateway ?? journal.file.load(PointTable()).gateway
        var inspection = try journal.open(points)
        var session = SenMLSession(gateway: name, points: points, version: Armadio.version)
        for priority in Priority.allCases {
            try inspection.visit(priority) { item in
                switch item {
                case .damage(let damage):
                    complain("\(damage.path): damaged from byte \(damage.bytes.lowerBound)")
                case .batch(let batch, let isSettled):
                    if !(unsent && isSettled) { Self.write(batch, &session) }
                }
            }
        }
    }

    private static func write(_ batch: OutboundBatch, _ session: inout SenMLSession) {
        // No boot is the present one: every time is absolute or not there.
        let context = EncodingContext(
            protocolVersion: .v311, now: Instant(nanoseconds: 0), boot: BootID(high: 0, low: 0))
        var offset = 0
        while offset < batch.items,
            let encoded = session.encode(batch, from: offset, in: context)
        {
            for message in encoded.messages {
                Console.write(String(decoding: message.payload, as: UTF8.self) + "\n")
            }
            offset += max(1, encoded.items)
        }
    }
}
