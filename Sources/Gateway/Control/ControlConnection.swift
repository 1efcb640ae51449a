import Telemetry

/// A client of the control socket, as the server knows it.
struct ControlConnection {
    /// Tells it from a later client with the same descriptor.
    let number: UInt64
    let peer: ControlPeer
    /// When it last sent something or took something.
    var lastProgress: Instant
    /// Whether a request of its is being answered: the next one waits.
    var isBeingAnswered = false
    /// Whether it has said that it sends no more; it may still read.
    var isFinished = false
    /// What it is sent again and again; it ends with the client.
    var stream: Task<Void, Never>?
    /// What it has not yet taken: one answer at most.
    private(set) var output: ArraySlice<UInt8> = []
    /// What it has sent and nobody has looked at.
    private(set) var input: ArraySlice<UInt8> = []
    /// So many bytes of the input are known to have no end of a line: no byte is searched twice.
    private var searched = 0

    init(number: UInt64, peer: ControlPeer, now: Instant) {
        (self.number, self.peer, lastProgress) = (number, peer, now)
    }

    /// Whether it is to blame if nothing moves: it owes a request, or does not take what it is
    /// sent. Who has read all of a stream waits, as who waits for an answer does.
    var isToBlame: Bool { !isBeingAnswered && (stream == nil || !output.isEmpty) }

    /// Whether it waits for nothing and will not ask for anything.
    var isDone: Bool {
        isFinished && !isBeingAnswered && stream == nil && output.isEmpty && lineEnd == nil
    }

    mutating func take(_ bytes: [UInt8], now: Instant) {
        input += bytes
        lastProgress = now
    }

    /// The next whole request, unless one is being answered or the client has not yet taken the
    /// answer before: so there is never more than one.
    mutating func nextLine() -> [UInt8]? {
        guard !isBeingAnswered, stream == nil, output.isEmpty else { return nil }
        guard let end = lineEnd else {
            searched = input.count
            return nil
        }
        let line = Array(input[..<end])
        input = input[(end + 1)...]
        searched = 0
        return line
    }

    private var lineEnd: Int? { input.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) }

    mutating func put(_ answer: [UInt8], now: Instant) {
        output += answer
        lastProgress = now
    }

    /// Takes note of what the client has taken.
    mutating func taken(_ count: Int, now: Instant) {
        output.removeFirst(count)
        lastProgress = now
    }
}
