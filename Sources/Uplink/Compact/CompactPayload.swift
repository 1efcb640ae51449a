import Frames
import Telemetry

/// A compact payload, as it stands for itself: points are still numbers of a dictionary.
public enum CompactPayload: Equatable, Sendable {
    /// Whether bytes begin as a payload does.
    public static func begins(_ payload: [UInt8]) -> Bool { payload.first == CompactHeader.magic }

    /// Readings.
    case readings(CompactReadings)
    /// Readings that were given up.
    case gap(CompactGap)
    /// A part of a dictionary.
    case dictionary(CompactDictionary)

    /// The longest payload that is looked at, in bytes.
    static let byteLimit = 1 << 20

    /// Reads a payload, which need not be one: hostile bytes are refused, and take at most some
    /// 25 MiB of memory meanwhile.
    public init(decoding payload: [UInt8]) throws(CompactFlaw) {
        do throws(Malformed) {
            guard payload.count <= CompactPayload.byteLimit else { throw Malformed() }
            var reader = ByteReader(payload)
            let header = try CompactHeader(reading: &reader)
            switch header.kind {
            case .readings:
                self = .readings(try CompactReadings(header, payload, reading: &reader))
            case .gap: self = .gap(try CompactGap(header, reading: &reader))
            case .dictionary:
                self = .dictionary(try CompactDictionary(header, reading: &reader))
            }
        } catch {
            throw .malformed
        }
    }
}

/// Why a payload gave no readings.
public enum CompactFlaw: Error, Equatable {
    /// It is no payload of this version.
    case malformed
    /// It is one, but the points are not known: not the dictionary, or not yet so many of its
    /// points.
    case unknownPoints(dictionary: Epoch)
}

/// What times are counted from.
public enum CompactTimeZero: Equatable, Sendable {
    /// Microseconds since 1970.
    case absolute(Int64)
    /// Microseconds before the message was sent, negative: the gateway's clock was not set.
    case relative(Int64)
    /// The wall time of the first reading is not known to anybody.
    case unknown
}

/// Readings, their points by number.
public struct CompactReadings: Equatable, Sendable {
    /// The run that took the readings.
    public var epoch: Epoch
    /// The sequence number from which on the payload stands.
    public var first: UInt64
    /// How many sequence numbers it stands for.
    public var count: UInt64
    /// How far the times are to be trusted.
    public var clock: ClockQuality
    /// What the times are counted from.
    public var zero: CompactTimeZero
    /// The run of the gateway whose dictionary numbers the points.
    public var dictionary: Epoch
    /// The number of each reading's point.
    public var points: [UInt32]
    /// Each reading's microseconds behind the zero.
    public var microseconds: [Int64]
    /// Each reading's quality.
    public var qualities: [Quality]
    /// Each reading's value; nil where it has none.
    public var values: [Value?]
    /// How far each reading's sequence number is behind `first`; nil if they count up by one.
    public var offsets: [UInt32]?

    /// The sequence number of a reading. Traps if there is no such reading.
    public func sequence(of index: Int) -> UInt64 {
        first + UInt64(offsets?[index] ?? UInt32(index))
    }

    /// The time of a reading in microseconds since 1970; nil if nobody knows it. Traps if there
    /// is no such reading.
    ///
    /// - Parameter arrival: When the payload came, in microseconds since 1970.
    public func microsecondsSince1970(of index: Int, arrival: Int64) -> Int64? {
        switch zero {
        case .absolute(let base): base &+ microseconds[index]
        case .relative(let base): arrival &+ base &+ microseconds[index]
        case .unknown: nil
        }
    }

    init(
        _ header: CompactHeader, _ payload: [UInt8], reading reader: inout ByteReader
    ) throws(Malformed) {
        (epoch, first, count) = (header.epoch, header.first, header.count)
        (clock, zero) = (header.clock, header.zero)
        let journal = header.isOtherJournal ? try reader.read(UInt64.self) : epoch.journal
        dictionary = Epoch(journal: journal, number: try reader.readEpochNumber())
        var items = header.count
        if header.isSelection { items = try reader.readVarint() }
        guard items <= header.count, items <= UInt64(FrameBody.largestCount) else {
            throw Malformed()
        }
        let body = try PortableBody.decode(
            payload, at: payload.count - reader.remaining, count: Int(items),
            span: header.isSelection ? header.count : nil)
        points = body.points
        microseconds = body.times
        qualities = body.qualities
        values = body.values
        offsets = body.offsets
    }
}

/// The record of readings that had an identity and will never come.
public struct CompactGap: Equatable, Sendable {
    /// The run that took the readings.
    public var epoch: Epoch
    /// The sequence number of the first.
    public var first: UInt64
    /// How many they are.
    public var count: UInt64
    /// Why they were given up.
    public var reason: GapReason
    /// How far the time is to be trusted.
    public var clock: ClockQuality
    /// When it was found.
    public var zero: CompactTimeZero

    init(_ header: CompactHeader, reading reader: inout ByteReader) throws(Malformed) {
        guard let reason = GapReason(rawValue: try reader.read()), reader.remaining == 0 else {
            throw Malformed()
        }
        self.reason = reason
        (epoch, first, count) = (header.epoch, header.first, header.count)
        (clock, zero) = (header.clock, header.zero)
    }
}
