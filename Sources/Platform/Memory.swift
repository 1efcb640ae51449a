import CLinux
import Telemetry

/// Gives all threads of this process one heap, half a megabyte less for the seven of the gateway:
/// they allocate too seldom to wait for each other. To be called before there are any.
public func shareOneHeap() {
    clinux_share_heap()
}

/// Gives back memory that is not in use: freed pieces of the heap, and code and constants that only
/// a start, a reload or somebody's command has needed. What runs on comes again as it is used, a
/// thousandth of a second for all of it.
public func releaseIdleMemory() {
    clinux_release_idle()
}

/// Gives it back once the start is over, and then after every `idleMemoryInterval`, until the task
/// is cancelled.
public func releaseIdleMemoryRegularly(on executor: ThreadExecutor) async {
    var next = executor.now + .seconds(5)
    while !Task.isCancelled {
        do throws(CancellationError) {
            try await executor.sleep(until: next)
        } catch {
            return
        }
        releaseIdleMemory()
        next = executor.now + idleMemoryInterval
    }
}

/// A wake-up that costs nothing beside those of the polls.
private let idleMemoryInterval = Duration.seconds(600)
