import Glibc
import Synchronization
import Telemetry

/// Asks chronyd whether it has the clock, where adjtimex(2) may not be asked (ProtectClock=): the
/// `tracking` of chronyc, in version 6 of its protocol (candm.h of chrony 2.0 and later). chronyd
/// answers it to anyone on this machine.
///
/// | byte | request, 104 of them | reply |
/// |---|---|---|
/// | 0 | 6, the version | 6 |
/// | 1 | 1, a request | 2, a reply |
/// | 4 | 33, tracking | 33 |
/// | 6 | 0, the attempt | 5, tracking |
/// | 8 | sequence | 0, success |
/// | 16 | | sequence |
/// | 54 | | leap status; 3: not synchronized |
enum ChronyTracking {
    /// chronyd's `cmdport`.
    static let usualPort: UInt16 = 323
    /// chronyd answers at once or not at all.
    private static let patienceMilliseconds = 50
    /// As long as an answer counts: so many looks at the clock ask once.
    private static let validity = Duration.seconds(10)
    private static let size = 104
    private static let last = Mutex<(asked: Instant, answer: Bool)?>(nil)

    /// Whether chronyd has the clock, as of its last answer.
    static var isSynchronized: Bool {
        let now = SystemClock.uptime
        return last.withLock { last in
            if let last, now - last.asked < validity { return last.answer }
            let answer = ask(port: usualPort)
            last = (now, answer)
            return answer
        }
    }

    /// Asks; no answer, or one that is not understood, is no.
    static func ask(port: UInt16) -> Bool {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var time = timeval(tv_sec: 0, tv_usec: patienceMilliseconds * 1000)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let sequence = UInt32.random(in: 1 ... .max)
        let request = request(sequence)
        guard connect(descriptor, toLoopback: port),
            send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count
        else { return false }
        var reply = [UInt8](repeating: 0, count: size)
        let count = recv(descriptor, &reply, reply.count, 0)
        return count == size && isSynchronized(reply, sequence)
    }

    private static func request(_ sequence: UInt32) -> [UInt8] {
        var request = [UInt8](repeating: 0, count: size)
        (request[0], request[1], request[5]) = (6, 1, 33)
        for index in 0..<4 {
            request[8 + index] = UInt8(truncatingIfNeeded: sequence >> (24 - 8 * index))
        }
        return request
    }

    private static func isSynchronized(_ reply: [UInt8], _ sequence: UInt32) -> Bool {
        let echoed = reply[16..<20].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return reply[0] == 6 && reply[1] == 2 && reply[5] == 33 && reply[7] == 5
            && reply[8...9].allSatisfy { $0 == 0 } && echoed == sequence
            && reply[54] == 0 && reply[55] < 3
    }

    private static func connect(_ descriptor: Int32, toLoopback port: UInt16) -> Bool {
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
