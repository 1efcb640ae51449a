import CLinux
import Glibc
import Synchronization
import Telemetry

/// What a `ThreadExecutor`'s thread does: due timers, then jobs, then one wait for whichever
/// comes first of a new job, the next timer and the watched descriptor.
final class RunLoop: Sendable {
    /// What to wait for after a turn.
    struct Wait {
        var interest: ThreadExecutor.Interest?
        var deadline: Instant?
    }

    fileprivate struct Timer {
        var id: UInt64
        var deadline: Instant
        var continuation: CheckedContinuation<Void, Never>
    }

    fileprivate struct State {
        var jobs: [UnownedJob] = []
        /// Few: one a sleeping task. Searched in order.
        var timers: [Timer] = []
        var lastTimerID: UInt64 = 0
        /// Timers cancelled before their task had come to add them.
        var cancelledEarly: Set<UInt64> = []
        var watch: ThreadExecutor.Watch?
        var readiness: ThreadExecutor.Readiness?
        /// The thread is in, or on its way into, its wait: a new job has to wake it.
        var isWaiting = false
        var thread: pthread_t?
    }

    /// How often a turn looks for new jobs before it looks at timers and the descriptor again.
    private static let roundsPerTurn = 16

    let name: String
    private let state = Mutex(State())
    private let wakeDescriptor: Int32
    private let clock = SystemClock()

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

    // MARK: Timers

    func newTimerID() -> UInt64 {
        state.withLock { state in
            state.lastTimerID += 1
            return state.lastTimerID
        }
    }

    func addTimer(id: UInt64, deadline: Instant, _ continuation: CheckedContinuation<Void, Never>) {
        let (isCancelled, mustWake) = state.withLock { state in
            if state.cancelledEarly.remove(id) != nil { return (true, false) }
            state.timers.append(Timer(id: id, deadline: deadline, continuation: continuation))
            return (false, state.takeWaiting())
        }
        if isCancelled { continuation.resume() }
        if mustWake { wake() }
    }

    func cancelTimer(id: UInt64) {
        let timer = state.withLock { state -> Timer? in
            guard let index = state.timers.firstIndex(where: { $0.id == id }) else {
                state.cancelledEarly.insert(id)
                return nil
            }
            return state.timers.remove(at: index)
        }
        timer?.continuation.resume()
    }

    /// A timer that ran out before its cancellation was seen leaves its id behind.
    func forgetTimer(id: UInt64) {
        state.withLock { _ = $0.cancelledEarly.remove(id) }
    }

    // MARK: The thread

    /// One turn of work. Returns what to wait for.
    func turn(on executor: ThreadExecutor) -> Wait {
        let (readiness, watch) = state.withLock { state in
            let readiness = state.readiness
            state.readiness = nil
            return (readiness, state.watch)
        }
        if let readiness { watch?.ready(readiness) }
        fireTimers()
        runJobs(on: executor)
        let interest = state.withLock(\.watch)?.interest()
        return state.withLock { state in
            state.isWaiting = true
            let isBusy = !state.jobs.isEmpty
            let next = state.timers.map(\.deadline).min()
            let deadline = [next, interest?.deadline].compactMap(\.self).min()
            return Wait(
                interest: interest, deadline: isBusy ? Instant(nanoseconds: 0) : deadline)
        }
    }

    /// Runs what is there, and what that brings, for a few rounds: a task that goes on in several
    /// jobs costs one wait, and one that never ends does not shut out timers and the descriptor.
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

    private func fireTimers() {
        let now = clock.now()
        let due = state.withLock { state -> [Timer] in
            guard state.timers.contains(where: { $0.deadline <= now }) else { return [] }
            let due = state.timers.filter { $0.deadline <= now }
            state.timers.removeAll { $0.deadline <= now }
            return due
        }
        for timer in due.sorted(by: { $0.deadline < $1.deadline }) { timer.continuation.resume() }
    }

    /// Waits outside of any job. Called on the thread after `turn`.
    func wait(_ wait: Wait) {
        var descriptors = [pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        if let interest = wait.interest, interest.descriptor >= 0 {
            let events = POLLIN | (interest.wantsWrite ? POLLOUT : 0)
            descriptors.append(pollfd(fd: interest.descriptor, events: Int16(events), revents: 0))
        }
        poll(&descriptors, until: wait.deadline)
        if descriptors[0].revents != 0 {
            var count: eventfd_t = 0
            eventfd_read(wakeDescriptor, &count)
        }
        let readiness = wait.interest.flatMap { self.readiness(of: $0, descriptors) }
        state.withLock { state in
            state.isWaiting = false
            state.readiness = state.watch == nil ? nil : readiness
        }
    }

    private func poll(_ descriptors: inout [pollfd], until deadline: Instant?) {
        let left = deadline.map { max(.zero, $0 - clock.now()).nanoseconds } ?? -1
        // An interrupted wait is a short one: the turn that follows finds nothing to do.
        _ = clinux_poll(&descriptors, UInt32(descriptors.count), left)
    }

    private func readiness(
        of interest: ThreadExecutor.Interest, _ descriptors: [pollfd]
    ) -> ThreadExecutor.Readiness? {
        let events = descriptors.count > 1 ? Int32(descriptors[1].revents) : 0
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
}
