import Buses
import CLinux
import Glibc
import Platform
import Telemetry

/// A program of this machine, started by fork and exec, its pipes never blocking.
///
/// Each has a thread of its own: starting a program waits for the disk, and the kernel kills the
/// program when the thread that started it is gone, so that no program outlives the gateway.
public actor LinuxLineProcess: LineProcess {
    /// The bound of the delay after the first failed run, and the largest.
    public static let delays = Duration.seconds(1)...Duration.seconds(300)
    /// A run that lasted so long was a good one: the delays begin anew.
    static let steadyTime = Duration.seconds(60)
    /// How long a program may take to end when it is asked to; and when it was killed.
    static let endPatience = Duration.seconds(2)
    /// How long after the end of its output a program may take to end and leave its exit code.
    private static let statusPatience = Duration.milliseconds(100)

    /// The program's thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }

    private let line: ProgramLine
    private let words: ProgramWords
    private let delays: ClosedRange<Duration>
    private var reopening: Reopening
    private var run: ProgramRun?
    private var runs: UInt64 = 0
    /// A run that is being ended; kept until it is buried.
    private var dying: ProgramChild?
    private var ending: Task<Void, Never>?
    /// Readable when the program has written something, or ended.
    private let epoll: Int32

    /// A program that is not started yet.
    public init(line: ProgramLine, delays: ClosedRange<Duration> = LinuxLineProcess.delays) {
        self.line = line
        self.delays = delays
        words = ProgramWords(line: line)
        reopening = Reopening(delays: delays)
        executor = ThreadExecutor(name: line.name)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    }

    deinit {
        Glibc.close(epoll)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func rest(until deadline: Instant) async throws(CancellationError) {
        _ = await executor.waitToRead(epoll, until: deadline)
        if Task.isCancelled { throw CancellationError() }
    }

    // MARK: Starting

    public func start() throws(BusError) -> UInt64 {
        if let run { return run.number }
        try reopening.check(at: executor.now)
        if let dying {
            guard dying.bury() else { throw words.undead }
            self.dying = nil
        }
        do throws(SystemError) {
            let child = try ProgramChild(line)
            for descriptor in [child.output, child.errors, child.handle] { try watch(descriptor) }
            runs += 1
            run = ProgramRun(child, number: runs, start: executor.now)
            return runs
        } catch {
            throw reopening.refuse(words.notStarted(error), at: executor.now)
        }
    }

    /// A closed descriptor leaves the epoll set by itself.
    private func watch(_ descriptor: Int32) throws(SystemError) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    // MARK: Lines

    public func send(_ line: [UInt8], until deadline: Instant) async throws(BusError) {
        try await write(until: deadline)
        run?.begin(line)
        try await write(until: deadline)
    }

    /// Writes what was begun. One line waits at most, so a program that does not read costs that.
    private func write(until deadline: Instant) async throws(BusError) {
        while true {
            guard run != nil else { throw words.notRunning }
            // A broken pipe: `take` tells why.
            guard run?.write() == true, let run, !run.unread.isEmpty else { return }
            guard await executor.waitToWrite(run.child.input, until: deadline) else {
                throw words.unread
            }
        }
    }

    public func take() async throws(BusError) -> ProgramOutput {
        guard let (output, state) = run?.read(at: executor.now) else { throw words.notRunning }
        if case .open = state { return output }
        // What came before the end is taken first.
        if output != ProgramOutput(), case .over = state { return output }
        if case .excess(let excess) = state { throw await end(because: words.excess(excess)) }
        throw await end(because: words.over(await status()))
    }

    /// What the run has left when it ended; nil if it has not ended.
    private func status() async -> Int32? {
        guard let child = run?.child else { return nil }
        _ = await executor.waitToRead(child.handle, until: executor.now + Self.statusPatience)
        guard child.hasEnded else { return nil }
        // Those of its group that are left; their number is nobody's once it is buried.
        child.signal(SIGKILL)
        child.bury()
        return child.status
    }

    public func processorTime() -> Duration? {
        guard let ticks = run?.child.processorTicks else { return nil }
        let rate = max(1, sysconf(Int32(_SC_CLK_TCK)))
        return .seconds(Double(ticks) / Double(rate))
    }

    // MARK: Ending

    public func end(because reason: BusError) async -> BusError {
        guard let run else { return reason }
        let now = executor.now
        if now - run.start >= Self.steadyTime { reopening.succeed() }
        let refusal = reopening.refuse(reason, at: now)
        await stop(run.child)
        return refusal
    }

    public func close() async {
        if let run { await stop(run.child) }
        await ending?.value
        reopening = Reopening(delays: delays)
    }

    /// Ends a run. In a task of its own: who stops the gateway has been cancelled, and would not wait.
    private func stop(_ child: ProgramChild) async {
        run = nil
        dying = child
        let task = Task(executorPreference: executor) { await self.bury() }
        ending = task
        await task.value
        ending = nil
    }

    /// The end of its input tells a program to end; so does SIGTERM. Then it is killed, and whatever
    /// it has started with it.
    private func bury() async {
        guard let child = dying else { return }
        child.closeInput()
        child.signal(SIGTERM)
        // One that was stopped does not see the other signal.
        child.signal(SIGCONT)
        _ = await executor.waitToRead(child.handle, until: executor.now + Self.endPatience)
        child.signal(SIGKILL)
        _ = await executor.waitToRead(child.handle, until: executor.now + Self.endPatience)
        if child.bury() { dying = nil }
    }
}
