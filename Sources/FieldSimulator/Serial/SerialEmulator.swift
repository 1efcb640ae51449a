import Glibc
import Platform
import Synchronization
import Telemetry

/// What a device sends after a request, and when.
public struct SerialAnswer: Sendable {
    /// How long after the silence that ends the request it begins.
    public var delay: Duration
    /// Its bytes as they are on the wire, checksum and all.
    public var bytes: [UInt8]

    /// So many bytes after so long.
    public init(after delay: Duration = .zero, _ bytes: [UInt8]) {
        self.delay = delay
        self.bytes = bytes
    }
}

/// What was seen of a line.
public struct SerialCounts: Sendable, Hashable {
    /// Whole requests with the right checksum.
    public var requests = 0
    /// Requests that were cut short or had a wrong checksum.
    public var broken = 0
    /// Answers, or what was sent for one.
    public var answers = 0
    /// How often a request came while an answer was on its way.
    public var collisions = 0
    /// How long bytes were on the wire, both ways.
    public var busy = Duration.zero
    /// The shortest silence before a request's first byte, since the end of what was on the wire
    /// before; nil before the second request.
    public var leastSilence: Duration?
}

/// A serial line over a pseudo-terminal, in real time (CLOCK_MONOTONIC): the bytes of a request
/// arrive as slowly as their rate lets them, and the bytes of answers leave as slowly, in blocks of
/// some characters as a port's buffer gives them. On a thread of its own.
public final class SerialEmulator: Sendable {
    /// The line's times.
    public struct Pace: Sendable {
        /// How long one character takes.
        public var character: Duration
        /// The silence that ends a frame.
        public var silence: Duration

        /// A line of this rate, with characters of 11 bits: 3.5 of them end a frame, 1.75 ms
        /// above 19,200 baud.
        public init(baud: Int) {
            character = .seconds(11) / baud
            silence = baud > 19200 ? .microseconds(1750) : character * 7 / 2
        }

        /// A line that takes no time at all.
        public static let none = Pace()

        private init() { (character, silence) = (.zero, .zero) }
    }

    /// The node to open instead of a serial port's.
    public var path: String { terminal.path }
    /// What was seen so far.
    public var counts: SerialCounts { state.counts.withLock { $0 } }

    /// What the line's thread shares with its owner.
    final class State: Sendable {
        let counts = Mutex(SerialCounts())
    }

    private let terminal: PseudoTerminal
    private let state = State()
    /// The line ends when this end of its pair is closed.
    private let stop: Int32

    /// A line, at work at once.
    ///
    /// - Parameters:
    ///   - pace: The line's times.
    ///   - devices: Makes, on the line's thread, what answers requests: given a frame with the
    ///     right checksum it says what is sent and when.
    /// - Throws: `SystemError` if there is no pseudo-terminal left.
    public init(
        _ pace: Pace, devices: @escaping @Sendable () -> ([UInt8]) -> [SerialAnswer]
    ) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let terminal = try PseudoTerminal()
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        let (state, end) = (state, ends[0])
        self.terminal = terminal
        stop = ends[1]
        Task(executorPreference: ThreadExecutor(name: "serial-line")) {
            let wire = SerialWire(terminal, pace, state, answer: devices())
            wire.run(until: end)
            close(end)
        }
    }

    deinit {
        close(stop)
    }
}
