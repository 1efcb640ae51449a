import Frames
import Synchronization
import Telemetry

/// Makes the bodies of payloads, one after the other: the encoder keeps its buffers.
final class CompactColumns: Sendable {
    private let encoder = Mutex(FrameEncoder())

    /// The body for at most 16,384 readings.
    func body(_ readings: ReadingBatch, times: [Instant], offsets: [UInt32]?) -> [UInt8] {
        encoder.withLock { $0.encodePortable(readings, times: times, offsets: offsets) }
    }
}
