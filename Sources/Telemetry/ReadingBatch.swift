/// One observation of one point.
public struct Reading: Hashable, Sendable {
    /// Which point.
    public var point: PointID
    /// What it was; nil when the read failed and `quality` says why.
    public var value: Value?
    /// Whether the value is good, and why not.
    public var quality: Quality
    /// When it was taken, on the boot clock.
    public var instant: Instant

    /// A reading.
    public init(point: PointID, value: Value?, quality: Quality = .good, instant: Instant) {
        self.point = point
        self.value = value
        self.quality = quality
        self.instant = instant
    }
}

/// Readings in columns, in the order they were taken: 22 bytes a reading and no allocation for
/// one once the columns have grown. Only strings take more.
public struct ReadingBatch: Sendable, Equatable {
    /// The point of each reading.
    public private(set) var points: [PointID] = []
    /// The instant of each reading.
    public private(set) var instants: [Instant] = []
    /// The quality of each reading.
    public private(set) var qualities: [Quality] = []
    /// The kind of each reading's value.
    public private(set) var kinds: [ValueKind] = []
    /// Each value's 64 bits: 0 or 1, an integer's two's complement, a double's pattern, or the
    /// index into `strings`. 0 where the kind is `none`.
    public private(set) var bits: [UInt64] = []
    /// The texts of the readings of kind `string`, in order.
    public private(set) var strings: [String] = []

    /// An empty batch.
    public init() {}

    /// How many readings there are.
    public var count: Int { points.count }
    /// Whether there is none.
    public var isEmpty: Bool { points.isEmpty }

    /// Makes room for this many readings in all.
    public mutating func reserveCapacity(_ capacity: Int) {
        points.reserveCapacity(capacity)
        instants.reserveCapacity(capacity)
        qualities.reserveCapacity(capacity)
        kinds.reserveCapacity(capacity)
        bits.reserveCapacity(capacity)
    }

    /// Adds a reading with a value or, with nil, without one.
    public mutating func append(
        point: PointID, value: Value?, quality: Quality = .good, at instant: Instant
    ) {
        switch value {
        case nil: append(point, .none, 0, quality, instant)
        case .bool(let value): append(point, .bool, value ? 1 : 0, quality, instant)
        case .int64(let value): append(point, .int64, UInt64(bitPattern: value), quality, instant)
        case .uint64(let value): append(point, .uint64, value, quality, instant)
        case .double(let value): append(point, .double, value.bitPattern, quality, instant)
        case .string(let value):
            append(point, .string, UInt64(strings.count), quality, instant)
            strings.append(value)
        }
    }

    /// Adds a reading.
    public mutating func append(_ reading: Reading) {
        append(
            point: reading.point, value: reading.value, quality: reading.quality,
            at: reading.instant)
    }

    /// Adds a reading whose value is given as stored bits. `kind` must not be `string`.
    public mutating func append(
        point: PointID, kind: ValueKind, bits: UInt64, quality: Quality, at instant: Instant
    ) {
        precondition(kind != .string, "a string is appended as a Value")
        append(point, kind, bits, quality, instant)
    }

    private mutating func append(
        _ point: PointID, _ kind: ValueKind, _ bits: UInt64, _ quality: Quality, _ instant: Instant
    ) {
        points.append(point)
        instants.append(instant)
        qualities.append(quality)
        kinds.append(kind)
        self.bits.append(bits)
    }

    /// Adds a part of another batch. Traps if the range is outside of it.
    public mutating func append(contentsOf other: ReadingBatch, in range: Range<Int>) {
        if other.strings.isEmpty {
            points += other.points[range]
            instants += other.instants[range]
            qualities += other.qualities[range]
            kinds += other.kinds[range]
            bits += other.bits[range]
        } else {
            for index in range { append(other[index]) }
        }
    }

    /// Adds all of another batch.
    public mutating func append(contentsOf other: ReadingBatch) {
        append(contentsOf: other, in: 0..<other.count)
    }

    /// Removes everything, keeping the memory for the next readings if so asked.
    public mutating func removeAll(keepingCapacity: Bool = false) {
        points.removeAll(keepingCapacity: keepingCapacity)
        instants.removeAll(keepingCapacity: keepingCapacity)
        qualities.removeAll(keepingCapacity: keepingCapacity)
        kinds.removeAll(keepingCapacity: keepingCapacity)
        bits.removeAll(keepingCapacity: keepingCapacity)
        strings.removeAll(keepingCapacity: keepingCapacity)
    }

    /// The value of the reading at this index; nil where it has none.
    public func value(at index: Int) -> Value? {
        kinds[index].value(bits: bits[index], text: strings[Int(bits[index])])
    }

    /// The reading at this index.
    public subscript(index: Int) -> Reading {
        Reading(
            point: points[index], value: value(at: index), quality: qualities[index],
            instant: instants[index])
    }

    /// A part as a batch of its own. Traps if the range is outside of this one.
    public func slice(_ range: Range<Int>) -> ReadingBatch {
        if range == 0..<count { return self }
        var part = ReadingBatch()
        part.append(contentsOf: self, in: range)
        return part
    }
}
