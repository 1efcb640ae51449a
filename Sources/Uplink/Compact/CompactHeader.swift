import Frames
import Telemetry

/// What stands before the body of a compact payload. Described byte by byte in compact.md.
struct CompactHeader: Equatable {
    enum Kind: UInt8 {
        case readings = 0
        case gap = 1
        case dictionary = 2
    }

    /// Never the first byte of UTF-8 text, and with it of JSON; the next version has another.
    static let magic: UInt8 = 0xC1

    var kind: Kind
    var clock = ClockQuality.synchronized
    var zero = CompactTimeZero.unknown
    var isSelection = false
    /// Whether the dictionary is another journal's, whose id stands before its number.
    var isOtherJournal = false
    var epoch: Epoch
    var first: UInt64
    var count: UInt64

    func write(to out: inout ByteWriter) {
        out.put(CompactHeader.magic)
        out.put(flags)
        out.put(epoch.journal)
        out.putVarint(UInt64(epoch.number))
        out.putVarint(first)
        out.putVarint(count)
        switch zero {
        case .absolute(let microseconds), .relative(let microseconds):
            out.putZigzag(microseconds)
        case .unknown: break
        }
    }

    private var flags: UInt8 {
        let form: UInt8 =
            switch zero {
            case .absolute: 0
            case .relative: 1
            case .unknown: 2
            }
        return kind.rawValue | clock.rawValue << 2 | form << 4 | (isSelection ? 1 << 6 : 0)
            | (isOtherJournal ? 1 << 7 : 0)
    }

    init(kind: Kind, epoch: Epoch, first: UInt64, count: UInt64) {
        self.kind = kind
        self.epoch = epoch
        self.first = first
        self.count = count
    }

    init(reading reader: inout ByteReader) throws(Malformed) {
        guard try reader.read() == CompactHeader.magic else { throw Malformed() }
        let flags = try reader.read(UInt8.self)
        guard let kind = Kind(rawValue: flags & 3),
            let clock = ClockQuality(rawValue: flags >> 2 & 3),
            kind == .readings || flags >> 6 == 0
        else { throw Malformed() }
        (self.kind, self.clock) = (kind, clock)
        (isSelection, isOtherJournal) = (flags & 0x40 != 0, flags & 0x80 != 0)
        let journal = try reader.read(UInt64.self)
        epoch = Epoch(journal: journal, number: try reader.readEpochNumber())
        first = try reader.readVarint()
        count = try reader.readVarint()
        guard count > 0, !first.addingReportingOverflow(count).overflow else { throw Malformed() }
        switch flags >> 4 & 3 {
        case 0: zero = .absolute(try reader.readZigzag())
        case 1: zero = .relative(try reader.readZigzag())
        case 2: zero = .unknown
        default: throw Malformed()
        }
    }
}

extension ByteReader {
    /// The number of an epoch.
    mutating func readEpochNumber() throws(Malformed) -> UInt32 {
        guard let number = UInt32(exactly: try readVarint()) else { throw Malformed() }
        return number
    }
}
