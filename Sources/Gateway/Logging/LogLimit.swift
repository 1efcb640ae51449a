import Synchronization
import Telemetry

/// Bounds how many messages of one kind reach the log: those of one line of the code about one
/// thing. A link that flaps or a device that stutters for a year then fills neither the journal nor
/// the card. Nothing is left out silently: how many were is said with the next window.
public final class LogLimit: Sendable {
    /// How many of a kind pass in a window. What a technician provokes on site stays below.
    public static let messageLimit = 10
    /// How long a window is.
    public static let window = Duration.seconds(60)
    /// The most kinds that are counted; all others share one count.
    public static let kindLimit = 256
    /// The kind of all that have no place in the table.
    private static let others = "others"

    /// Messages that were left out.
    public struct Held: Equatable, Sendable {
        /// What the first of them said.
        public var text: String
        /// How many.
        public var count: Int

        /// For the log.
        public var sentence: String {
            "\(count) more messages like this within \(LogLimit.window.components.seconds) s were left out: \(text)"
        }
    }

    private struct Window {
        var end: Instant
        var passed = 0
        var held: Held?
    }

    private let windows = Mutex<[String: Window]>([:])

    /// Nothing has been said yet.
    public init() {}

    /// Whether a message may pass, and what was left out in windows that are over.
    ///
    /// - Parameters:
    ///   - kind: What messages are counted together by.
    ///   - text: What it says.
    public func admit(
        _ kind: String, text: @autoclosure () -> String, at now: Instant
    ) -> (passes: Bool, left: [Held]) {
        windows.withLock { windows in
            let isNew = windows[kind] == nil
            // Looked through when the table needs room, and when a kind's window is over.
            let isOver = windows[kind].map { $0.end <= now } ?? (windows.count >= Self.kindLimit)
            let left = isOver || isNew ? Self.end(&windows, at: now) : []
            let isFull = windows[kind] == nil && windows.count >= Self.kindLimit
            let passes = Self.count(
                isFull ? Self.others : kind, text, in: &windows, at: now)
            return (passes, left)
        }
    }

    /// What was left out so far, whether or not its window is over: for the end of the log.
    public func finish() -> [Held] {
        windows.withLock { windows in
            defer { windows = [:] }
            return windows.values.compactMap(\.held)
        }
    }

    private static func count(
        _ kind: String, _ text: () -> String, in windows: inout [String: Window], at now: Instant
    ) -> Bool {
        var window = windows[kind] ?? Window(end: now + Self.window)
        defer { windows[kind] = window }
        if window.passed < messageLimit {
            window.passed += 1
            return true
        }
        window.held = Held(text: window.held?.text ?? text(), count: (window.held?.count ?? 0) + 1)
        return false
    }

    /// Forgets the windows that are over.
    private static func end(_ windows: inout [String: Window], at now: Instant) -> [Held] {
        let over = windows.filter { $0.value.end <= now }
        for kind in over.keys { windows[kind] = nil }
        return over.values.compactMap(\.held)
    }
}
