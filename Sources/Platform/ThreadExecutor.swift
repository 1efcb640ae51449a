import Glibc
import Synchronization
import Telemetry

/// A serial executor on a thread of its own: one a bus, one a connection. What runs on it may
/// block; nothing else waits for it.
///
/// An actor names it as its `unownedExecutor`. A task that works mostly there takes it as its
/// preference too (`Task(executorPreference:)`): a continuation always resumes outside of any
/// actor, which would be the shared pool and two changes of thread at each wait.
///
/// Besides jobs it has timers on the boot clock (`sleep(until:)`), tasks that wait for their own
/// descriptors, and watches at most one descriptor for a library that brings its own socket. The thread ends when the last reference
/// to the executor is gone.
public final class ThreadExecutor: SerialExecutor, TaskExecutor {
    /// What a watched descriptor is waited for; computed anew before every wait.
    public struct Interest: Sendable {
        /// The descriptor; negative for none.
        public var descriptor: Int32
        /// Whether something to read is waited for.
        public var wantsRead: Bool
        /// Whether room for writing is waited for.
        public var wantsWrite: Bool
        /// When to call `ready` even if nothing came.
        public var deadline: Instant?

        /// What is waited for.
        public init(
            descriptor: Int32, wantsRead: Bool = true, wantsWrite: Bool = false,
            deadline: Instant? = nil
        ) {
            self.descriptor = descriptor
            self.wantsRead = wantsRead
            self.wantsWrite = wantsWrite
            self.deadline = deadline
        }
    }

    /// What came of a watched descriptor.
    public struct Readiness: Sendable {
        /// There is something to read, or the other side is gone.
        public var canRead: Bool
        /// There is room to write.
        public var canWrite: Bool
        /// The interest's deadline has passed.
        public var deadlinePassed: Bool
    }

    private let loop: RunLoop

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Shown by `ps -L` and `top -H`; the kernel keeps 15 bytes.
    ///   - stackBytes: The thread's stack; only what is used takes memory.
    public init(name: String, stackBytes: Int = 512 * 1024) {
        loop = RunLoop(name: name)
        let start = Unmanaged.passRetained(Start(loop: loop, executor: self))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let failure = pthread_create(&thread, &attributes, runThread, start.toOpaque())
        pthread_attr_destroy(&attributes)
        precondition(failure == 0, "no thread for \(name): error \(failure)")
    }

    deinit {
        loop.stop()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        loop.enqueue(UnownedJob(job))
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    public func asUnownedTaskExecutor() -> UnownedTaskExecutor {
        UnownedTaskExecutor(ordinary: self)
    }

    public func checkIsolated() {
        precondition(loop.isCurrent, "not on the thread of \(loop.name)")
    }

    /// What the clock shows that deadlines are on: CLOCK_MONOTONIC, whatever other clock is in use.
    public var now: Instant { loop.clock.now() }

    /// Suspends the task until the boot clock shows `deadline`, or until it is cancelled.
    ///
    /// - Throws: `CancellationError` if the task was or is cancelled.
    public func sleep(
        until deadline: Instant, isolation: isolated (any Actor)? = #isolation
    ) async throws(CancellationError) {
        _ = await suspend(until: deadline, descriptor: nil, isolation)
        if Task.isCancelled { throw CancellationError() }
    }

    /// Suspends the task until the descriptor can be read without blocking (or has failed), at
    /// most until `deadline` or until it is cancelled. Returns whether it can be read.
    ///
    /// The descriptor must stay open for so long. Each waiting task costs a place in poll(2).
    public func waitToRead(
        _ descriptor: Int32, until deadline: Instant, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        await suspend(until: deadline, descriptor: (descriptor, POLLIN), isolation)
    }

    /// Suspends the task until the descriptor can be written, as `waitToRead`.
    public func waitToWrite(
        _ descriptor: Int32, until deadline: Instant, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        await suspend(until: deadline, descriptor: (descriptor, POLLOUT), isolation)
    }

    private func suspend(
        until deadline: Instant, descriptor: (number: Int32, events: Int32)?,
        _ isolation: isolated (any Actor)?
    ) async -> Bool {
        let id = loop.newWaiterID()
        defer { loop.forgetWaiter(id: id) }
        return await withTaskCancellationHandler {
            // A closure is on its actor only if it names it; else it would be a job of its own.
            _ = isolation
            return await withCheckedContinuation { continuation in
                loop.add(
                    RunLoop.Waiter(
                        id: id, deadline: deadline, descriptor: descriptor,
                        continuation: continuation))
            }
        } onCancel: {
            loop.cancelWaiter(id: id)
        }
    }

    /// Watches a descriptor from now on. Both functions run on the executor's thread, outside
    /// any task: they may use `assumeIsolated` of an actor on this executor.
    public func watch(
        interest: @escaping @Sendable () -> Interest,
        ready: @escaping @Sendable (Readiness) -> Void
    ) {
        loop.setWatch(Watch(interest: interest, ready: ready))
    }

    /// Stops watching.
    public func unwatch() {
        loop.setWatch(nil)
    }

    struct Watch: Sendable {
        var interest: @Sendable () -> Interest
        var ready: @Sendable (Readiness) -> Void
    }

    /// What the new thread is given. It holds the executor only while it works, so that the
    /// executor's last owner can let it go.
    private final class Start {
        let loop: RunLoop
        weak var executor: ThreadExecutor?

        init(loop: RunLoop, executor: ThreadExecutor) {
            self.loop = loop
            self.executor = executor
        }

        /// Works once. Returns false when the executor is gone.
        func turn(_ set: inout PollSet) -> Bool {
            guard let executor else { return false }
            loop.turn(on: executor, &set)
            return true
        }
    }

    fileprivate static func main(_ argument: UnsafeMutableRawPointer) {
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.loop.begin()
        var set = PollSet()
        while start.turn(&set) { start.loop.wait(&set) }
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { ThreadExecutor.main(argument) }
    return nil
}
