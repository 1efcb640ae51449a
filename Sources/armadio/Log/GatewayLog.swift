import Gateway
import Logging
import Platform
import Telemetry

/// The gateway's log: what `LogLimit` lets pass goes to the system's log, and is kept for the
/// control socket.
struct GatewayLog: LogHandler {
    /// What all loggers have in common.
    struct Sinks: Sendable {
        var system = SystemLog()
        var recent: RecentLog
        var limit = LogLimit()

        /// Says what was left out and not yet told.
        func finish() {
            for held in limit.finish() { say(held) }
        }

        func say(_ held: LogLimit.Held) {
            write(
                LogEntry(
                    level: .warning, text: held.sentence,
                    fields: ["event": KnownMessage.messagesHeldBack.rawValue]))
        }

        func write(_ entry: LogEntry) {
            system.write(entry)
            recent.note(level: "\(entry.level)", text: entry.text, fields: entry.fields)
        }
    }

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let sinks: Sinks

    init(_ sinks: Sinks) {
        self.sinks = sinks
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        let entry = LogEntry(
            level: event.level, text: "\(event.message)", fields: fields, file: event.file,
            line: event.line)
        let verdict = sinks.limit.admit(entry.kind, text: entry.text, at: SystemClock.uptime)
        for held in verdict.left { sinks.say(held) }
        if verdict.passes { sinks.write(entry) }
    }
}

/// A message as it is written.
struct LogEntry {
    var level: Logger.Level
    var text: String
    /// See `about`.
    var fields: [String: String]
    /// Where it stands in the code.
    var file = ""
    var line: UInt = 0

    /// What `LogLimit` counts by: the place in the code, and what it is about.
    var kind: String {
        "\(file):\(line)"
            + ["device", "bus", "uplink", "point"].map { " " + (fields[$0] ?? "") }.joined()
    }
}

/// What stands behind a message in a line of text: which device it is about, or else which bus. All
/// else is in its words already.
func logFields(_ fields: [String: String]) -> String {
    ["device", "bus"].first { fields[$0] != nil }.map { " \($0)=\(fields[$0] ?? "")" } ?? ""
}
