import Synchronization
import Telemetry

/// Where samplers leave their readings and the forwarder takes them: a bounded buffer under a
/// lock that is held for a copy's time, so that a slow disk or link never delays a poll.
public final class Intake: Sendable {
    /// The most readings that wait here. The forwarder empties it every second; only a disk that
    /// hangs in a sync lets it grow. 4.4 MB when full, 200 s at 1,000 readings a second.
    public static let capacity = 200_000

    /// Readings taken over, and what had to be refused before them.
    struct Content {
        var readings = ReadingBatch()
        /// Readings refused because the intake was full; they come after `readings`.
        var refused: UInt64 = 0
        /// Whether a point among them is urgent.
        var isUrgent = false
    }

    private struct State {
        var content = Content()
        /// How many readings are worth waking the forwarder for.
        var wakeCount = Int.max
    }

    private let state = Mutex(State())
    /// What passed here last, for the control socket.
    let latest = PointMemory()
    private let continuation: AsyncStream<Void>.Continuation

    /// Comes when there is something that must not wait for the forwarder's own rhythm. Holds at
    /// most one signal.
    let signals: AsyncStream<Void>

    /// An empty intake.
    public init() {
        (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Signals when this many readings wait.
    func signal(at count: Int) {
        state.withLock { $0.wakeCount = count }
    }

    /// Takes readings in. What does not fit is refused and counted.
    func append(_ readings: ReadingBatch, isUrgent: Bool) {
        latest.note(readings)
        let mustSignal = state.withLock { state in
            let before = state.content.readings.count
            let room = Intake.capacity - before
            // Once something was refused, all behind it is too: the order is the identity.
            let taken = state.content.refused > 0 ? 0 : min(room, readings.count)
            state.content.readings.append(contentsOf: readings, in: 0..<taken)
            state.content.refused += UInt64(readings.count - taken)
            state.content.isUrgent = state.content.isUrgent || isUrgent
            let after = state.content.readings.count
            return isUrgent || before < state.wakeCount && after >= state.wakeCount
        }
        if mustSignal { continuation.yield() }
    }

    /// Takes everything out. The emptied `spare` is what samplers fill next: two sets of columns
    /// go back and forth and no reading allocates.
    func drain(into spare: inout Content) {
        spare.readings.removeAll(keepingCapacity: true)
        spare.refused = 0
        spare.isUrgent = false
        state.withLock { swap(&$0.content, &spare) }
    }
}
