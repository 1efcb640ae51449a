import CLinux
import Glibc
import Synchronization
import Telemetry

/// What a `ThreadExecutor`'s thread does: waiters that are due, then jobs, then one wait for
/// whichever comes first of a new job, the next deadline and any of the descriptors.
final class RunLoop: Sendable {
    /// A suspended task: it goes on at its deadline, or when its descriptor is ready.
    struct Waiter: Sendable {
        var id: UInt64
        var deadline: Instant
        /// What is waited for besides the deadline: a descriptor and a POLL… mask.
        var descriptor: (number: Int32, events: Int32)?
        /// Resumed with whether the descriptor is ready.
        var continuation: CheckedContinuation<Bool, Never>
    }

    fileprivate struct State {
        var jobs: [UnownedJob] = []
        /// Few: one a suspended task. Searched in order.
        var waiters: [Waiter] = []
        var lastWaiterID: UInt64 = 0
        /// Waiters cancelled before their task had come to add them.
        var cancelledEarly: Set<UInt64> = []
        var watch: ThreadExecutor.Watch?
        /// Counts the changes of `watch`.
        var watchRevision = 0
        var readiness: ThreadExecutor.Readiness?
        /// The thread is in, or on its way into, its wait: a new job has to wake it.
        var isWaiting = false
        var thread: pthread_t?
    }

    /// How often a turn looks for new jobs before it looks at deadlines and descriptors again.
    private static let roundsPerTurn = 16

    let name: String
    private let state = Mutex(State())
    private let wakeDescriptor: Int32
    let clock = SystemClock()

    init(name: String) {
        self.name = name
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(wakeDescriptor >= 0, "no eventfd for \(name): error \(errno)")
    }

    deinit {
        close(wakeDescriptor)
    }

    var isCurrent: Bool {
        state.withLock { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    /// The first thing on the new thread.
    func begin() {
        clinux_name_thread(name)
        // Signals belong to the main thread.
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        state.withLock { $0.thread = pthread_self() }
    }

    func enqueue(_ job: UnownedJob) {
        let mustWake = state.withLock { state in
            state.jobs.append(job)
            return state.takeWaiting()
        }
        if mustWake { wake() }
    }

    func setWatch(_ watch: ThreadExecutor.Watch?) {
        let mustWake = state.withLock { state in
            state.watch = watch
            state.watchRevision += 1
            state.readiness = nil
            return state.takeWaiting()
        }
        if mustWake { wake() }
    }

    func stop() {
        wake()
    }

    private func wake() {
        eventfd_write(wakeDescriptor, 1)
    }

    // MARK: Waiters

    func newWaiterID() -> UInt64 {
        state.withLock { state in
            state.lastWaiterID += 1
            return state.lastWaiterID
        }
    }

    func add(_ waiter: Waiter) {
        let (isCancelled, mustWake) = state.withLock { state in
            if state.cancelledEarly.remove(waiter.id) != nil { return (true, false) }
            state.waiters.append(waiter)
            return (false, state.takeWaiting())
        }
        if isCancelled { waiter.continuation.resume(returning: false) }
        if mustWake { wake() }
    }

    func cancelWaiter(id: UInt64) {
        let waiter = state.withLock { state -> Waiter? in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                state.cancelledEarly.insert(id)
                return nil
            }
            return state.waiters.remove(at: index)
        }
        waiter?.continuation.resume(returning: false)
    }

    /// A waiter that went on before its cancellation was seen leaves its id behind.
    func forgetWaiter(id: UInt64) {
        state.withLock { _ = $0.cancelledEarly.remove(id) }
    }

    // MARK: The thread

    /// One turn of work. Fills in what to wait for after it.
    func turn(on executor: ThreadExecutor, _ set: inout PollSet) {
        let (readiness, watch) = state.withLock { state in
            let readiness = state.readiness
            state.readiness = nil
            return (readiness, state.watch)
        }
        if let readiness { watch?.ready(readiness) }
        resumeDue()
        runJobs(on: executor)
        prepare(&set)
    }

    private func resumeDue() {
        let now = clock.now()
        var due = state.withLock { $0.takeWaiters { $0.deadline <= now } }
        due.sort { $0.deadline < $1.deadline }
        for waiter in due { waiter.continuation.resume(returning: false) }
    }

    /// Runs what is there, and what that brings, for a few rounds: a task that goes on in several
    /// jobs costs one wait, and one that never ends does not shut out the others.
    private func runJobs(on executor: ThreadExecutor) {
        let (serial, task) = (executor.asUnownedSerialExecutor(), executor.asUnownedTaskExecutor())
        for _ in 0..<RunLoop.roundsPerTurn {
            let jobs = state.withLock { state in
                let jobs = state.jobs
                state.jobs = []
                return jobs
            }
            if jobs.isEmpty { return }
            for job in jobs { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
        }
    }

    private func prepare(_ set: inout PollSet) {
        set.removeAll()
        set.add(wakeDescriptor, POLLIN)
        let (watch, revision) = state.withLock { ($0.watch, $0.watchRevision) }
        set.interest = watch?.interest()
        if let interest = set.interest {
            set.add(
                interest.descriptor,
                (interest.wantsRead ? POLLIN : 0) | (interest.wantsWrite ? POLLOUT : 0))
            set.end(by: interest.deadline)
        }
        state.withLock { state in
            state.isWaiting = true
            for waiter in state.waiters {
                set.end(by: waiter.deadline)
                guard let descriptor = waiter.descriptor else { continue }
                set.add(descriptor.number, descriptor.events, owner: waiter.id)
            }
            // Nobody wakes this thread for what came since it was last looked for.
            if !state.jobs.isEmpty || state.watchRevision != revision {
                set.end(by: Instant(nanoseconds: 0))
            }
        }
    }

    /// Waits outside of any job. Called on the thread after `turn`.
    func wait(_ set: inout PollSet) {
        set.wait(clock)
        if set.events(at: 0) != 0 {
            var count: eventfd_t = 0
            eventfd_read(wakeDescriptor, &count)
        }
        let readiness = set.interest.flatMap { self.readiness(of: $0, events: set.events(at: 1)) }
        let ready = set.ready
        let waiters = state.withLock { state in
            state.isWaiting = false
            state.readiness = state.watch == nil ? nil : readiness
            return ready.isEmpty ? [] : state.takeWaiters { ready.contains($0.id) }
        }
        for waiter in waiters { waiter.continuation.resume(returning: true) }
    }

    private func readiness(
        of interest: ThreadExecutor.Interest, events: Int32
    ) -> ThreadExecutor.Readiness? {
        let canRead = events & (POLLIN | POLLHUP | POLLERR) != 0
        let canWrite = events & POLLOUT != 0
        let passed = interest.deadline.map { $0 <= clock.now() } ?? false
        guard canRead || canWrite || passed else { return nil }
        return ThreadExecutor.Readiness(
            canRead: canRead, canWrite: canWrite, deadlinePassed: passed)
    }
}

extension RunLoop.State {
    /// Whether the thread has to be woken; asks for that only once a wait.
    fileprivate mutating func takeWaiting() -> Bool {
        defer { isWaiting = false }
        return isWaiting
    }

    /// Takes out the waiters that go on now.
    fileprivate mutating func takeWaiters(
        where goesOn: (RunLoop.Waiter) -> Bool
    ) -> [RunLoop.Waiter] {
        guard waiters.contains(where: goesOn) else { return [] }
        let taken = waiters.filter(goesOn)
        waiters.removeAll(where: goesOn)
        return taken
    }
}
