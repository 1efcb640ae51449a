import Glibc
import Telemetry

/// One client's connection to the simulated field.
final class FieldClient {
    /// Requests that wait for a slow unit's answer; a client with more is let go. Modbus TCP allows
    /// 1 to 16 transactions at a time (Implementation Guide, section 4.3.2).
    static let mostWaiting = 16

    let descriptor: Int32
    private var buffer: [UInt8] = []
    private(set) var isOpen = true
    /// Answers that are not due yet.
    private var waiting: [(due: Instant, request: FieldRequest)] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
    }

    deinit {
        close(descriptor)
    }

    func disconnect() {
        isOpen = false
    }

    /// Reads what has come and returns the whole requests in it.
    func requests() -> [FieldRequest] {
        var chunk = [UInt8](repeating: 0, count: FieldRequest.longest)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count > 0 else {
            if count == 0 || errno != EAGAIN { disconnect() }
            return []
        }
        buffer += chunk[..<count]
        var requests: [FieldRequest] = []
        do throws(FieldRequest.NotModbus) {
            while let request = try FieldRequest(takingFrom: &buffer) { requests.append(request) }
        } catch {
            disconnect()
        }
        return requests
    }

    func delay(_ request: FieldRequest, until due: Instant) {
        if waiting.count == Self.mostWaiting { disconnect() }
        waiting.append((due, request))
    }

    var nextDue: Instant? { waiting.map(\.due).min() }

    func takeDue(at now: Instant) -> [FieldRequest] {
        let due = waiting.filter { $0.due <= now }
        waiting.removeAll { $0.due <= now }
        return due.map(\.request)
    }

    /// Sends bytes as they are.
    func send(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        let sent = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if sent != bytes.count { disconnect() }
    }
}
