import Gateway
import Glibc
import Platform

/// The live stream of a gateway that may go and come back. Never blocks for longer than connecting
/// to a socket of this machine takes.
final class WatchConnection {
    /// What came.
    enum Event {
        case frame(LiveFrame)
        /// It is gone, and why; it is tried again.
        case lost(String)
    }

    /// How long to wait between two tries, in seconds.
    private static let retrySeconds = 1.0

    private let socket: String
    private let every: Double
    private var stream: ControlStream?
    private var nextTry = 0.0

    /// - Throws: If nobody answers: then there is nothing to come back.
    init(socket: String, every: Double) throws(ControlClient.Failure) {
        (self.socket, self.every) = (socket, every)
        stream = try ControlClient.liveStream(every: every, socket: socket)
    }

    /// For poll(2); negative while there is none.
    var descriptor: Int32 { stream?.descriptor ?? -1 }

    /// When `events` is to be asked even if nothing came.
    var deadline: Double? { stream == nil ? nextTry : nil }

    /// What came since, the oldest first. Connects anew if it is time.
    func events(at now: Double) -> [Event] {
        var events: [Event] = []
        do throws(ControlClient.Failure) {
            if stream == nil, now >= nextTry {
                nextTry = now + Self.retrySeconds
                stream = try ControlClient.liveStream(every: every, socket: socket)
            }
            while let response = try stream?.next() {
                if let frame = response.live { events.append(.frame(frame)) }
            }
        } catch {
            stream = nil
            nextTry = now + Self.retrySeconds
            events.append(.lost("\(error)"))
        }
        return events
    }
}

/// Waits for descriptors, of which negative ones are left out.
///
/// - Returns: For each, whether there is something to read or its other end is gone.
func wait(for descriptors: [Int32], milliseconds: Int32) -> [Bool] {
    var wanted = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    // An interruption is a signal, which has its own descriptor.
    guard poll(&wanted, nfds_t(wanted.count), milliseconds) > 0 else {
        return descriptors.map { _ in false }
    }
    return wanted.map { $0.revents != 0 }
}

/// The signals that have come. Never blocks.
func receivedSignals(from pipe: Int32) -> [Int32] {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(pipe, &bytes, bytes.count)
    return count > 0 ? bytes[..<count].map(Int32.init) : []
}
