import Telemetry

/// How long an answer is waited for.
struct RTUWait {
    /// How long for the first byte.
    let timeout: Duration
    /// The code of a refusal that has come.
    private(set) var refusal: UInt8?
    /// Until when an earlier request could be answered that the refusal may be the answer to.
    private(set) var earlier: Instant?

    private let sent: Instant
    private let timing: RTUTiming
    /// When the first byte is to be there.
    private var begin: Instant
    /// When the first byte of what is there came, and the last one.
    private var first: Instant?
    private var last: Instant
    private var missing = 0

    /// Waits from when the request's last bit was sent.
    init(sent: Instant, timeout: Duration, timing: RTUTiming) {
        self.sent = sent
        self.timeout = timeout
        self.timing = timing
        begin = sent + timeout
        last = sent
    }

    /// When the time is over.
    var deadline: Instant {
        guard missing > 0 else { return begin }
        // However slowly bytes come, one now and then does not keep the line.
        let end = max(begin, first ?? begin) + timing.patience(missing: RTUFrame.longest)
        return min(end, last + timing.patience(missing: missing))
    }

    /// Until when nothing that is missing can be all there; nil if that is not worth a thought.
    var pause: Instant? {
        guard missing > Self.fewBytes, timing.characterTime > .zero else { return nil }
        return last + timing.characterTime * (missing - Self.fewBytes)
    }
    private static let fewBytes = 2

    /// How long the first byte has taken.
    var latency: Duration? { first.map { $0 - sent } }

    /// Bytes have come.
    mutating func note(bytesAt now: Instant) {
        if missing == 0 { first = now }
        last = now
    }

    /// So many bytes are missing of what has begun; 0 if nothing has.
    mutating func expect(_ bytes: Int) {
        missing = bytes
    }

    /// A refusal has come at this moment. If it may be an earlier request's, this one's answer is
    /// waited for so much longer.
    mutating func refuse(
        _ code: UInt8, at now: Instant, unlessEarlier earlier: Instant?, _ time: Duration
    ) {
        refusal = code
        self.earlier = earlier
        missing = 0
        begin = earlier == nil ? now : now + time
    }
}
