import Telemetry

/// One step of a journal's life.
enum Step: Equatable, CustomStringConvertible {
    /// Readings are taken; urgent ones are committed at once.
    case append(count: Int, textBytes: Int, isUrgent: Bool)
    /// Readings had to be dropped before the journal.
    case gap(count: Int)
    /// Time passes, and what is due is written.
    case wait(seconds: Int)
    /// Batches of at most so many readings are taken to be sent.
    case send(batches: Int, limit: Int, isLiveFirst: Bool = false)
    /// The oldest of what was sent is acknowledged.
    case acknowledge(batches: Int)
    /// The connection is lost: what was not acknowledged is sent again.
    case reconnect
    /// Everything that is owed is looked at.
    case inspect
    /// A clean stop.
    case stop
    /// The process is killed; the machine goes on.
    case kill
    /// The power goes: one of the states that this may leave, by a seed.
    case powerCut(UInt64)

    var description: String {
        switch self {
        case .append(let count, let bytes, let isUrgent):
            "append \(count)\(isUrgent ? " urgent" : ""), \(bytes) bytes of text"
        case .gap(let count): "gap of \(count)"
        case .wait(let seconds): "wait \(seconds) s"
        case .send(let batches, let limit, let isLiveFirst):
            "send \(batches) x \(limit)\(isLiveFirst ? ", live first" : "")"
        case .acknowledge(let batches): "acknowledge \(batches)"
        case .reconnect: "reconnect"
        case .inspect: "inspect"
        case .stop: "stop"
        case .kill: "kill"
        case .powerCut: "power cut"
        }
    }
}
