import Console
import Gateway
import Glibc
import Logging
import Platform
import Synchronization

/// Writes log messages to systemd's journal, with fields, where standard error is the journal; else
/// to standard error, one a line, with time and level.
struct SystemLog: Sendable {
    /// What the journal did not take because it does not read.
    private final class Unread: Sendable {
        let count = Atomic<Int>(0)
    }

    private let journal: JournalSocket?
    private let unread = Unread()

    init() {
        let stream = getenv("JOURNAL_STREAM").map { String(cString: $0) }
        let isJournal = JournalSocket.isReached(by: STDERR_FILENO, stream: stream)
        journal = isJournal ? JournalSocket() : nil
    }

    func write(_ entry: LogEntry) {
        // What a message quotes of others may hold anything: it makes no line of its own.
        let text = printable(entry.text + logFields(entry.fields))
        guard let journal else { return writeLine("\(timeOfDay()) \(entry.level): \(text)") }
        let missed = unread.count.exchange(0, ordering: .relaxed)
        let remark = missed > 0 ? " (\(missed) messages before were not taken by the journal)" : ""
        do throws(SystemError) {
            try journal.send(fields(of: entry, text: text + remark))
        } catch  where error.errno == EAGAIN {
            // It would hold up who logs; the count goes with the next message.
            unread.count.add(missed + 1, ordering: .relaxed)
        } catch {
            // The priority that journald reads in a line (sd-daemon(3)).
            writeLine("<\(priority(of: entry.level))>\(text)\(remark)")
        }
    }

    /// systemd.journal-fields(7), and ours as ARMADIO_NAME.
    private func fields(of entry: LogEntry, text: String) -> [(name: String, value: String)] {
        var fields = [
            (name: "MESSAGE", value: text),
            (name: "PRIORITY", value: "\(priority(of: entry.level))"),
            (name: "SYSLOG_IDENTIFIER", value: "armadio"),
        ]
        if let known = entry.fields["event"].flatMap(KnownMessage.init) {
            fields.append((name: "MESSAGE_ID", value: known.id))
        }
        if !entry.file.isEmpty {
            fields.append((name: "CODE_FILE", value: entry.file))
            fields.append((name: "CODE_LINE", value: "\(entry.line)"))
        }
        for (name, value) in entry.fields.sorted(by: { $0.key < $1.key }) {
            fields.append((name: "ARMADIO_" + name.uppercased(), value: value))
        }
        return fields
    }

    /// One write a line: lines of several threads never mix.
    private func writeLine(_ text: String) {
        let line = Array((text + "\n").utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
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
