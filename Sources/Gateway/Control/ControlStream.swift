import Glibc
import Platform

/// A stream of answers, for a program that waits for other things too: poll `descriptor` for
/// reading, then ask `next` until it has nothing.
public final class ControlStream {
    /// For poll(2). Belongs to the stream.
    public let descriptor: Int32
    private var input: [UInt8] = []
    private var isClosed = false

    /// Asks for a stream.
    public init(
        _ request: ControlRequest, socket path: String
    ) throws(ControlClient.Failure) {
        descriptor = try ControlClient.send(request, socket: path)
        ControlSocket.makeNonblocking(descriptor)
    }

    deinit { close(descriptor) }

    /// The next whole answer; nil if it is not there yet. Never blocks.
    public func next() throws(ControlClient.Failure) -> ControlResponse? {
        if let response = try takeLine() { return response }
        var chunk = [UInt8](repeating: 0, count: 65536)
        while !isClosed {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { return nil }
            guard count > 0 else { isClosed = true; break }
            input += chunk[..<count]
            guard input.count <= ControlLimits.responseBytes else {
                throw .broken("the answer is longer than \(ControlLimits.responseBytes) bytes")
            }
            if let response = try takeLine() { return response }
        }
        throw .broken("the gateway closed the connection")
    }

    /// Waits for the next answer, for ever if it must.
    func wait() throws(ControlClient.Failure) -> ControlResponse {
        while true {
            if let response = try next() { return response }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&wanted, 1, -1) < 0 && errno != EINTR {
                throw .broken("\(SystemError("poll"))")
            }
        }
    }

    private func takeLine() throws(ControlClient.Failure) -> ControlResponse? {
        guard let end = input.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = Array(input[..<end])
        input.removeSubrange(...end)
        return try ControlClient.response(line)
    }
}

extension ControlClient {
    /// Asks the daemon for all points and their last readings.
    public static func points(socket path: String) throws(Failure) -> [PointReport] {
        let response = try request(ControlRequest(.points), socket: path)
        guard let points = response.points else { throw .broken("the answer has no points") }
        return points
    }

    /// Asks the daemon what was read of points lately.
    public static func history(
        of points: [String], seconds: Double, socket path: String
    ) throws(Failure) -> [HistoryReport] {
        var request = ControlRequest(.history)
        (request.points, request.seconds) = (points, seconds)
        guard let history = try self.request(request, socket: path).history else {
            throw .broken("the answer has no history")
        }
        return history
    }

    /// A stream of looks at the gateway.
    public static func liveStream(
        every seconds: Double, socket path: String
    ) throws(Failure) -> ControlStream {
        var request = ControlRequest(.live)
        request.every = seconds
        return try ControlStream(request, socket: path)
    }

    /// The last lines of the daemon's log and, with `follow`, the new ones until `onLine` says
    /// false.
    ///
    /// - Parameter onMissed: Told how many lines were gone before they could be sent.
    public static func log(
        lines: Int, follow: Bool, socket path: String, onMissed: (UInt64) -> Void = { _ in },
        onLine: (LogLine) throws(Failure) -> Bool
    ) throws(Failure) {
        var request = ControlRequest(.log)
        (request.lines, request.follow) = (lines, follow)
        guard follow else {
            try take(try self.request(request, socket: path), onMissed, onLine)
            return
        }
        let stream = try ControlStream(request, socket: path)
        while try take(try stream.wait(), onMissed, onLine) {}
    }

    @discardableResult
    private static func take(
        _ response: ControlResponse, _ onMissed: (UInt64) -> Void,
        _ onLine: (LogLine) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        if let missed = response.missed, missed > 0 { onMissed(missed) }
        for line in response.log ?? [] {
            if try !onLine(line) { return false }
        }
        return true
    }
}
