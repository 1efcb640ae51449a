import CLinux
import Glibc
import Platform

/// Many descriptors that are waited for as one: epoll(7). Belongs to one thread.
struct EventPoll {
    /// The most events of one look; the others come with the next.
    private static let batch = 16

    /// What poll(2) is to wait for.
    let descriptor: Int32

    init() throws(SystemError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw SystemError("epoll_create1") }
    }

    /// Waits for a new descriptor.
    func add(_ other: Int32, for events: UInt32) { control(EPOLL_CTL_ADD, other, events) }

    /// Waits for something else of a descriptor. It is forgotten when it is closed.
    func change(_ other: Int32, to events: UInt32) { control(EPOLL_CTL_MOD, other, events) }

    private func control(_ operation: Int32, _ other: Int32, _ events: UInt32) {
        var event = epoll_event(events: events, data: epoll_data(fd: other))
        epoll_ctl(descriptor, operation, other, &event)
    }

    /// What has come.
    func take() -> [(descriptor: Int32, events: UInt32)] {
        var events = [epoll_event](repeating: epoll_event(), count: Self.batch)
        let count = epoll_wait(descriptor, &events, Int32(Self.batch), 0)
        return events.prefix(Int(max(0, count))).map { ($0.data.fd, $0.events) }
    }

    func end() { close(descriptor) }
}
