import CLinux
import Glibc
import Telemetry

/// What a run loop's thread waits for, once. The thread keeps it for its buffers.
struct PollSet {
    private var descriptors: [pollfd] = []
    /// The waiter behind each descriptor; zero for the loop's own.
    private var owners: [UInt64] = []
    /// What the loop's user watches; its descriptor is the second one.
    var interest: ThreadExecutor.Interest?
    /// When to stop waiting; nil for never.
    private(set) var deadline: Instant?

    mutating func removeAll() {
        descriptors.removeAll(keepingCapacity: true)
        owners.removeAll(keepingCapacity: true)
        deadline = nil
    }

    mutating func add(_ descriptor: Int32, _ events: Int32, owner: UInt64 = 0) {
        descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        owners.append(owner)
    }

    /// Stops waiting then at the latest.
    mutating func end(by instant: Instant?) {
        guard let instant else { return }
        deadline = deadline.map { min($0, instant) } ?? instant
    }

    /// Waits. An interrupted wait is a short one: nothing is ready after it.
    mutating func wait(_ clock: SystemClock) {
        let now = clock.now().nanoseconds
        let left = deadline.map { $0.nanoseconds > now ? $0.nanoseconds - now : 0 } ?? -1
        if clinux_poll(&descriptors, UInt32(descriptors.count), left) <= 0 {
            for index in descriptors.indices { descriptors[index].revents = 0 }
        }
    }

    /// What came of the descriptor that was added as this one; a POLL… mask.
    func events(at index: Int) -> Int32 { Int32(descriptors[index].revents) }

    /// The waiters whose descriptor has something for them.
    var ready: [UInt64] {
        zip(descriptors, owners).compactMap { $0.revents != 0 && $1 != 0 ? $1 : nil }
    }
}
