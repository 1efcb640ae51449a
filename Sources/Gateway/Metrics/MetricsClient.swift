import Glibc
import Telemetry

/// A client of the metrics' server: one request, one answer.
struct MetricsClient {
    /// When it is let go, whatever it is at.
    let deadline: Instant
    private(set) var input: [UInt8] = []
    private(set) var output: ArraySlice<UInt8> = []
    /// Whether it is answered. What it sends then is read, and means nothing: to close a socket with
    /// bytes unread would take from the client what it has not read yet (RFC 9112, 9.6).
    private(set) var isAnswered = false

    init(deadline: Instant) { self.deadline = deadline }

    /// Takes what it has sent.
    mutating func take(_ bytes: [UInt8]) {
        if !isAnswered { input += bytes }
    }

    mutating func answer(_ bytes: [UInt8]) {
        (isAnswered, input, output) = (true, [], bytes[...])
    }

    /// Sends as much as the socket takes. False if the client is gone.
    mutating func flush(_ descriptor: Int32) -> Bool {
        guard let count = ClientSocket.send(output, to: descriptor) else { return false }
        output.removeFirst(count)
        if isAnswered, output.isEmpty { shutdown(descriptor, Int32(SHUT_WR)) }
        return true
    }
}
