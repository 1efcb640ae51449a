import Buses
import Platform
import Telemetry

/// The twin of a program without a process: what it writes is a test's script. Time is the test's
/// clock, which moves when the driver rests.
public actor ScriptedLineProcess: LineProcess {
    /// What the program does about a line.
    public enum Reaction: Sendable {
        /// Writes a line.
        case line(String)
        /// Writes bytes that may be no text, as a line.
        case bytes([UInt8])
        /// Writes a line after a while.
        case later(Duration, String)
        /// Writes a line of standard error.
        case remark(String)
        /// Ends for this reason.
        case end(BusError)
    }

    /// The program's thread.
    public nonisolated let executor = ThreadExecutor(name: "scripted-exec")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let clock: ManualClock
    private var script: @Sendable (String) -> [Reaction]
    private var output = ProgramOutput()
    private var later: [(due: Instant, line: String)] = []
    private var failure: BusError?
    private var isRunning = false
    /// How long a start is refused after a failed run.
    public static let delay = Duration.seconds(10)
    private var refusal: (until: Instant, error: BusError)?

    /// The lines that the program got.
    public private(set) var received: [String] = []
    /// How often it was started.
    public private(set) var starts: UInt64 = 0
    /// Why its runs were ended, by the driver or by themselves.
    public private(set) var endings: [BusError] = []
    /// The processor time that it says it has used.
    public var usedTime = Duration.zero

    /// A program that does what `script` says about each line.
    public init(clock: ManualClock, script: @escaping @Sendable (String) -> [Reaction]) {
        (self.clock, self.script) = (clock, script)
    }

    /// Does something by itself.
    public func perform(_ reactions: [Reaction]) {
        for reaction in reactions {
            switch reaction {
            case .line(let text): output.lines.append(Array(text.utf8))
            case .bytes(let bytes): output.lines.append(bytes)
            case .later(let delay, let text): later.append((clock.now() + delay, text))
            case .remark(let text): output.remarks.append(text)
            case .end(let reason): failure = reason
            }
        }
    }

    /// Behaves otherwise from now on.
    public func follow(_ script: @escaping @Sendable (String) -> [Reaction]) {
        self.script = script
    }

    /// Uses processor time.
    public func use(_ time: Duration) { usedTime += time }

    public func sleep(until deadline: Instant) throws(CancellationError) {
        clock.advance(by: max(.zero, deadline - clock.now()))
    }

    public func rest(until deadline: Instant) throws(CancellationError) {
        let next = later.map(\.due).min() ?? deadline
        clock.advance(by: max(.zero, min(next, deadline) - clock.now()))
    }

    public func close() {
        (isRunning, output, later, failure) = (false, ProgramOutput(), [], nil)
    }

    public func start() throws(BusError) -> UInt64 {
        if isRunning { return starts }
        if let refusal, refusal.until > clock.now() { throw refusal.error }
        close()
        isRunning = true
        starts += 1
        return starts
    }

    public func send(_ line: [UInt8], until deadline: Instant) throws(BusError) {
        let text = String(decoding: line, as: UTF8.self)
        received.append(text)
        // One that has ended reads no more; `take` says so.
        guard failure == nil else { return }
        perform(script(text))
    }

    public func take() throws(BusError) -> ProgramOutput {
        let now = clock.now()
        output.lines += later.filter { $0.due <= now }.map { Array($0.line.utf8) }
        later.removeAll { $0.due <= now }
        defer { output = ProgramOutput() }
        if let failure, output == ProgramOutput() { throw end(because: failure) }
        return output
    }

    public func processorTime() -> Duration? { isRunning ? usedTime : nil }

    @discardableResult
    public func end(because reason: BusError) -> BusError {
        endings.append(reason)
        close()
        refusal = (clock.now() + Self.delay, reason)
        return reason
    }
}
