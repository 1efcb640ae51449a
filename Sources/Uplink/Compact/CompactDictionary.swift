import Frames
import Telemetry

/// A part of a dictionary: the points of some consecutive numbers.
public struct CompactDictionary: Equatable, Sendable {
    /// The most points of one part.
    public static let largestCount = 128
    /// The number of a reading whose point is not known: a damaged journal.
    static let noPoint = UInt32(PointTable.capacity - 1)
    /// The most bytes of a device's or point's name; what is longer, which no configuration has,
    /// is cut.
    static let nameLimit = 255
    /// The most bytes of a unit's symbol.
    static let unitLimit = 63
    /// The most bytes of a part, unpacked.
    static let byteLimit = largestCount * (2 * (nameLimit + 2) + unitLimit + 2)

    /// The run of the gateway whose dictionary it is: names it for ever.
    public var name: Epoch
    /// The number of the first point.
    public var first: UInt32
    /// The points, in the order of their numbers.
    public var points: [Point]

    /// A part of a dictionary.
    public init(name: Epoch, first: UInt32, points: [Point]) {
        self.name = name
        self.first = first
        self.points = points
    }

    /// The part as a payload.
    func encoded() -> [UInt8] {
        var content = ByteWriter(capacity: 32 * points.count)
        for point in points {
            content.put(text: point.device.cut(to: CompactDictionary.nameLimit))
            content.put(text: point.name.cut(to: CompactDictionary.nameLimit))
            content.put(text: point.unit.symbol.cut(to: CompactDictionary.unitLimit))
            content.put(UInt8(point.isUrgent ? 1 : 0))
        }
        var out = ByteWriter(capacity: content.bytes.count)
        CompactHeader(
            kind: .dictionary, epoch: name, first: UInt64(first), count: UInt64(points.count)
        ).write(to: &out)
        out.put(bytes: Packed.pack(content.bytes))
        return out.bytes
    }

    /// The part behind a header.
    init(_ header: CompactHeader, reading reader: inout ByteReader) throws(Malformed) {
        let end = header.first + header.count
        guard header.count <= CompactDictionary.largestCount, end <= PointTable.capacity else {
            throw Malformed()
        }
        name = header.epoch
        first = UInt32(header.first)
        points = []
        let content = try Packed.unpack(&reader, limit: CompactDictionary.byteLimit)
        var entries = ByteReader(content)
        for _ in 0..<header.count {
            let (device, name) = (try entries.readText(), try entries.readText())
            let unit = Unit(unchecked: try entries.readText())
            let flags = try entries.read(UInt8.self)
            guard flags <= 1 else { throw Malformed() }
            points.append(Point(device: device, name: name, unit: unit, isUrgent: flags == 1))
        }
        guard entries.remaining == 0 else { throw Malformed() }
    }
}

extension String {
    /// As many whole characters (Unicode scalars) as take at most `limit` bytes.
    fileprivate func cut(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var (kept, size) = (String.UnicodeScalarView(), 0)
        for scalar in unicodeScalars {
            size += String(scalar).utf8.count
            if size > limit { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
