import Synchronization
import Telemetry

/// The last lines of the log, for the control socket.
public final class RecentLog: Sendable {
    /// The most lines that are kept.
    public static let lineLimit = 1000
    /// The most bytes of text that are kept.
    public static let byteLimit = 256 * 1024
    /// The longest text of a line or of one of its fields; the rest of a longer one is left out.
    static let textLimit = 4096

    private struct Entry {
        var instant: Instant
        var level: String
        var text: String
        var fields: [String: String]

        var bytes: Int {
            fields.reduce(text.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        }
    }

    private struct State {
        var entries: [Entry] = []
        var bytes = 0
        /// The number of the next line.
        var next: UInt64 = 0
    }

    private let clock: any BootClock
    private let state = Mutex(State())

    /// An empty log.
    public init(clock: any BootClock) {
        self.clock = clock
    }

    /// Keeps a line, and what belongs to it by name.
    public func note(level: String, text: String, fields: [String: String] = [:]) {
        let entry = Entry(
            instant: clock.now(), level: level, text: Self.cut(text),
            fields: fields.mapValues(Self.cut))
        state.withLock { state in
            state.entries.append(entry)
            state.bytes += entry.bytes
            state.next += 1
            var gone = 0
            while state.entries.count - gone > Self.lineLimit || state.bytes > Self.byteLimit {
                state.bytes -= state.entries[gone].bytes
                gone += 1
            }
            state.entries.removeFirst(gone)
        }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count > textLimit ? String(text.prefix(textLimit / 4)) : text
    }

    /// The number that the next line will have.
    var next: UInt64 { state.withLock { $0.next } }

    /// The lines from a number on that are still there.
    func lines(from number: UInt64) -> [LogLine] {
        let now = clock.now()
        return state.withLock { state in
            let first = state.next - UInt64(state.entries.count)
            let skipped = number > first ? Int(clamping: number - first) : 0
            return state.entries.enumerated().dropFirst(skipped).map { index, entry in
                LogLine(
                    number: first + UInt64(index), ageSeconds: (now - entry.instant).seconds,
                    level: entry.level, text: entry.text,
                    fields: entry.fields.isEmpty ? nil : entry.fields)
            }
        }
    }
}
