import Telemetry

/// A reading, compared bit for bit and without the ids of one process.
struct StoredReading: Equatable {
    /// Which of `ProofPoints`; nil for a point that is not one of them.
    var point: Int?
    var kind: ValueKind
    var bits: UInt64
    var text: String?
    var quality: Quality
    var instant: Instant
    var boot: BootID

    /// Whether it says the same as another, at whatever time.
    func isSame(as other: StoredReading?) -> Bool {
        guard let other else { return false }
        return (kind, bits, text, quality) == (other.kind, other.bits, other.text, other.quality)
    }
}

/// The points of the proofs, in a table of a run's own.
struct ProofPoints {
    static let all = (0..<6).map { index in
        Point(
            device: "device-\(index / 3)", name: "point-\(index)",
            unit: Unit(unchecked: index % 2 == 0 ? "V" : ""), isUrgent: index == urgent)
    }
    /// The index of the point that is urgent.
    static let urgent = 5

    let table = PointTable()
    private let ids: [PointID]

    init() {
        let table = table
        ids = ProofPoints.all.compactMap { table.intern($0) }
    }

    /// The batch of these readings.
    func batch(_ readings: [StoredReading]) -> ReadingBatch {
        var batch = ReadingBatch()
        for reading in readings {
            let id = ids[reading.point ?? 0]
            if let text = reading.text {
                batch.append(
                    point: id, value: .string(text), quality: reading.quality, at: reading.instant)
            } else {
                batch.append(
                    point: id, kind: reading.kind, bits: reading.bits, quality: reading.quality,
                    at: reading.instant)
            }
        }
        return batch
    }

    /// The readings of a batch of one boot.
    func stored(_ batch: ReadingBatch, boot: BootID) -> [StoredReading] {
        (0..<batch.count).map { index in
            let isText = batch.kinds[index] == .string
            let id = batch.points[index]
            return StoredReading(
                point: ids.firstIndex(of: id), kind: batch.kinds[index],
                bits: isText ? 0 : batch.bits[index],
                text: isText ? batch.strings[Int(batch.bits[index])] : nil,
                quality: batch.qualities[index], instant: batch.instants[index], boot: boot)
        }
    }
}

/// Makes readings of every kind whose content nobody could guess.
struct ReadingMaker {
    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// Readings of about so many bytes of text, the rest numbers.
    mutating func readings(
        _ count: Int, textBytes: Int, isUrgent: Bool, boot: BootID, from instant: Instant
    ) -> [StoredReading] {
        (0..<count).map { index in
            let text = textBytes / count > 0 ? text(textBytes / count) : nil
            let kind = text == nil ? kind() : .string
            return StoredReading(
                point: isUrgent ? ProofPoints.urgent : Int.random(in: 0..<5, using: &random),
                kind: kind, bits: bits(kind), text: text,
                quality: kind == .none ? .timeout : .good,
                instant: instant + .nanoseconds(Int.random(in: 0..<1000, using: &random)),
                boot: boot)
        }
    }

    private mutating func kind() -> ValueKind {
        let kinds: [ValueKind] = [.none, .bool, .int64, .uint64, .double, .double]
        return kinds[Int.random(in: 0..<kinds.count, using: &random)]
    }

    private mutating func bits(_ kind: ValueKind) -> UInt64 {
        switch kind {
        case .none, .string: 0
        case .bool: random.next() & 1
        case .double where random.isOne(in: 2):
            (Double(Int.random(in: 0..<1_000_000, using: &random)) / 100).bitPattern
        case .int64, .uint64, .double: random.next()
        }
    }

    /// Text that does not compress to much less than its size.
    private mutating func text(_ count: Int) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            var word = random.next()
            for _ in 0..<10 {
                bytes.append(letters[Int(word & 63)])
                word >>= 6
            }
        }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
