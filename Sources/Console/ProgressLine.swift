import Glibc

/// How far something is, and how long it will take, on one line of standard error; on a terminal
/// only, and only once it has taken longer than a person waits without asking.
public struct ProgressLine {
    /// Before this nothing is shown, in seconds.
    private static let patience = 2.0
    /// How often the line is written anew at most, in seconds: a slow console keeps up.
    private static let interval = 0.5
    /// Of this part on the time left can be guessed.
    private static let least = 0.02

    private let what: String
    private let isShown: Bool
    private let start: Double
    private var last: Double?

    /// The beginning of something.
    public init(_ what: String) {
        self.init(what, isShown: isatty(STDERR_FILENO) == 1, at: Self.now)
    }

    init(_ what: String, isShown: Bool, at now: Double) {
        (self.what, self.isShown, start) = (printable(what), isShown, now)
    }

    /// So much of it is done, from 0 to 1.
    public mutating func show(_ part: Double) {
        if let text = text(part, at: Self.now) { writeError("\r\(text)\u{1B}[K") }
    }

    /// Takes the line away.
    public mutating func end() {
        if last != nil { writeError("\r\u{1B}[K") }
        last = nil
    }

    /// What to show now; nil for nothing.
    mutating func text(_ part: Double, at now: Double) -> String? {
        guard isShown, part.isFinite, now - start >= Self.patience,
            last.map({ now - $0 >= Self.interval }) ?? true
        else { return nil }
        last = now
        let part = min(max(part, 0), 1)
        let percent = "\(what): \(decimal(part * 100, 0)) %"
        guard part >= Self.least else { return percent }
        let left = (now - start) * (1 - part) / part
        return percent + ", \(timeSpan(left.rounded())) left"
    }

    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
