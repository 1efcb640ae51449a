import Synchronization
import Telemetry

/// The last reading of each point, and what was read of it lately. Updated where readings pass;
/// any thread may ask. A reading costs an array's element and allocates nothing once the columns
/// have grown.
public final class PointMemory: Sendable {
    /// The most points that are remembered; 1.7 MB of columns when full.
    public static let capacity = 1 << 16

    /// The last reading of a point.
    struct Latest {
        var value: Value?
        var quality: Quality
        var instant: Instant
    }

    fileprivate struct Row {
        var bits: UInt64 = 0
        /// Counts all readings; 0 where there was none. A client that has seen generation N has
        /// missed what is larger.
        var generation: UInt64 = 0
        var instant = Instant(nanoseconds: 0)
        var quality = Quality.good
        var kind = ValueKind.none
    }

    fileprivate struct State {
        var rows: [Row] = []
        var strings: [Int: String] = [:]
        var generation: UInt64 = 0
        var recent = RecentValues()
    }

    private let state = Mutex(State())

    init() {}

    /// Remembers readings.
    func note(_ batch: ReadingBatch) {
        state.withLock { state in
            for index in 0..<batch.count { state.note(batch, index) }
        }
    }

    /// The generation now, and with it the latest of these points that came after another one.
    func changes(
        of points: [PointID], since generation: UInt64
    ) -> (generation: UInt64, changes: [(index: Int, latest: Latest)]) {
        state.withLock { state in
            var changes: [(index: Int, latest: Latest)] = []
            for (index, point) in points.enumerated() {
                guard let row = state.row(point), row.generation > generation else { continue }
                changes.append((index, state.latest(point, row)))
            }
            return (state.generation, changes)
        }
    }

    /// What was read of a point lately; nil if nothing was kept.
    func history(of point: PointID, seconds: Double, now: Instant) -> [HistoryReport.Bucket]? {
        state.withLock { $0.recent.history(of: Int(point.index), seconds: seconds, now: now) }
    }
}

extension PointMemory.State {
    fileprivate mutating func note(_ batch: ReadingBatch, _ index: Int) {
        let point = Int(batch.points[index].index)
        guard point < PointMemory.capacity else { return }
        while rows.count <= point { rows.append(PointMemory.Row()) }
        generation += 1
        let kind = batch.kinds[index]
        if kind == .string, case .string(let text)? = batch.value(at: index) {
            strings[point] = text
        }
        rows[point] = PointMemory.Row(
            bits: batch.bits[index], generation: generation, instant: batch.instants[index],
            quality: batch.qualities[index], kind: kind)
        recent.note(
            point, batch.number(at: index), isGood: batch.qualities[index] == .good,
            at: batch.instants[index])
    }

    fileprivate func row(_ point: PointID) -> PointMemory.Row? {
        let index = Int(point.index)
        return index < rows.count && rows[index].generation > 0 ? rows[index] : nil
    }

    fileprivate func latest(_ point: PointID, _ row: PointMemory.Row) -> PointMemory.Latest {
        PointMemory.Latest(
            value: row.kind.value(bits: row.bits, text: strings[Int(point.index)] ?? ""),
            quality: row.quality, instant: row.instant)
    }
}

extension ReadingBatch {
    /// A reading's value as a number; nil for none and for texts.
    fileprivate func number(at index: Int) -> Float? {
        let bits = bits[index]
        return switch kinds[index] {
        case .none, .string: nil
        case .bool: bits != 0 ? 1 : 0
        case .int64: Float(Int64(bitPattern: bits))
        case .uint64: Float(bits)
        case .double: Float(Double(bitPattern: bits))
        }
    }
}
