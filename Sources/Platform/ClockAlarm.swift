import CLinux
import Glibc
import Telemetry

/// Wakes when somebody sets the wall clock. The machine's is `SystemClockAlarm`; tests ring
/// `ScriptedClockAlarm` of TestSupport.
public protocol ClockAlarm: Sendable {
    /// Suspends until the wall clock is set, at most until `deadline` or until the task is
    /// cancelled. Returns whether it was set, since the last call too.
    @discardableResult
    func wait(until deadline: Instant, isolation: isolated (any Actor)?) async -> Bool
}

/// timerfd_create(2) on CLOCK_REALTIME with TFD_TIMER_CANCEL_ON_SET, set to a time that never
/// comes: reading it fails with ECANCELED after each discontinuous change of the clock, a leap
/// second and a resume from suspend among them. Slewing is no such change, and none is needed:
/// it moves CLOCK_MONOTONIC alike.
public final class SystemClockAlarm: ClockAlarm {
    private let descriptor: Int32
    private let executor: ThreadExecutor

    /// An alarm for tasks on this executor.
    ///
    /// - Throws: `SystemError` if the kernel has no descriptor left.
    public init(executor: ThreadExecutor) throws(SystemError) {
        let descriptor = timerfd_create(CLOCK_REALTIME, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("timerfd_create") }
        var never = itimerspec()
        never.it_value.tv_sec = .max
        let flags = Int32(TFD_TIMER_ABSTIME) | Int32(TFD_TIMER_CANCEL_ON_SET)
        guard timerfd_settime(descriptor, flags, &never, nil) == 0 else {
            let error = SystemError("timerfd_settime")
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        self.executor = executor
    }

    deinit { close(descriptor) }

    public func wait(
        until deadline: Instant, isolation: isolated (any Actor)? = #isolation
    ) async -> Bool {
        guard await executor.waitToRead(descriptor, until: deadline, isolation: isolation) else {
            return false
        }
        var expirations: UInt64 = 0
        // The timer stays set: the kernel keeps cancelling it at each change.
        return read(descriptor, &expirations, MemoryLayout<UInt64>.size) < 0
            && errno == ECANCELED
    }
}
