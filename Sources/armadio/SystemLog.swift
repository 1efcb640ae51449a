import Console
import Glibc
import Logging

/// Writes log messages to standard error, one a line: with the priority that systemd's journal
/// reads (sd-daemon(3)) where standard error is the journal, with time and level elsewhere.
struct SystemLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info
    private let isJournal: Bool

    init() {
        isJournal = getenv("JOURNAL_STREAM") != nil
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = logFields(self.fields(of: event))
        let head = isJournal ? "<\(priority(of: event.level))>" : "\(timeOfDay()) \(event.level): "
        // One write a line: lines of several threads never mix.
        // What a message quotes of others may hold anything: it makes no line of its own.
        let line = Array((head + printable("\(event.message)\(fields)") + "\n").utf8)
        _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// What belongs to a message, by name.
    func fields(of event: LogEvent) -> [String: String] {
        metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    }

    private func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private func timeOfDay() -> String {
        var now = time(nil)
        var local = tm()
        localtime_r(&now, &local)
        return [local.tm_hour, local.tm_min, local.tm_sec]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }
}

/// What belongs to a log message, as it stands behind it.
func logFields(_ fields: [String: String]) -> String {
    fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
}
