import Console
import Glibc
import JSON
import Platform

/// The demo's platform: knows nothing of the gateway but its messages (RFC 8428), and keeps the
/// last value of each point. What is received, is received by mosquitto_sub: a program of another
/// make, whose session the broker keeps while either of them is away.
struct DemoReceiver {
    /// What the platform knows.
    struct View {
        /// Each once: a reading that comes again is known by its identity.
        var readings: UInt64 = 0
        var messages = 0
        /// What has come nothing of yet, though something later has.
        var missing: UInt64 = 0
        var repeated: UInt64 = 0
        var values: [(name: String, text: String)] = []
    }

    /// The most points shown; a demo has 18.
    private static let pointLimit = 1000
    /// The longest line taken, in bytes: ten times a message of the gateway.
    private static let lineLimit = 1 << 20

    private struct Message: Decodable {
        struct Properties: Decodable {
            var user: [String: String]?

            private enum CodingKeys: String, CodingKey { case user = "user-properties" }
        }

        var payload: String
        var properties: Properties?
    }

    private struct Record: Decodable {
        var bn: String?
        var n: String?
        var u: String?
        var v: Double?
        var vb: Bool?
        var vs: String?
    }

    private let pipe: Int32
    private var bytes: [UInt8] = []
    private var values: [String: String] = [:]
    private var names: [String] = []
    private var view = View()
    /// For each epoch what has come of it.
    private var received: [String: SequenceRanges] = [:]

    /// A platform that reads what the receiving program writes into a FIFO, which is there.
    init(fifo path: String) throws(SystemError) {
        pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard pipe >= 0 else { throw SystemError("open", path) }
    }

    /// The program that receives: every message a line of JSON.
    static func program(port: UInt16) -> [String] {
        [
            "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(port)", "-V", "5", "-q", "1",
            "-i", "demo-platform", "-c", "-x", "3600", "-t", "armadio/+/telemetry", "-F", "%j",
        ]
    }

    var snapshot: View {
        var view = view
        view.values = names.map { ($0, values[$0] ?? "") }
        view.readings = received.values.reduce(0) { $0 + $1.count }
        view.missing = received.values.reduce(0) { $0 + $1.missing }
        return view
    }

    /// Takes in what has come.
    mutating func receive() {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while case let count = read(pipe, &chunk, chunk.count), count > 0 {
            bytes += chunk[..<count]
            while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                take(bytes[..<end])
                bytes.removeSubrange(...end)
            }
            if bytes.count > Self.lineLimit { bytes = [] }
        }
    }

    /// Lines that are no messages are what the program says of its connection.
    private mutating func take(_ line: ArraySlice<UInt8>) {
        let message: Message
        let records: [Record]
        do {
            message = try JSONDecoder().decode(Message.self, from: line)
            records = try JSONDecoder().decode([Record].self, from: message.payload.utf8)
        } catch {
            return
        }
        view.messages += 1
        // The backlog comes after newer readings, which stay in view.
        guard isNewest(message.properties?.user ?? [:]) else { return }
        var base = ""
        for record in records {
            base = record.bn ?? base
            show(record, base: base)
        }
    }

    private mutating func show(_ record: Record, base: String) {
        let name = base + (record.n ?? "")
        guard values[name] != nil || names.count < Self.pointLimit else { return }
        if values[name] == nil { names.append(name) }
        let number = record.v.map { decimal($0, 2) } ?? record.vb.map { "\($0)" }
        values[name] = (number ?? record.vs ?? "") + (record.u.map { " " + $0 } ?? "")
    }

    /// Notes what has come. Returns whether nothing later of its epoch has come before.
    private mutating func isNewest(_ identity: [String: String]) -> Bool {
        guard let epoch = identity["epoch"], let first = identity["first"].flatMap(UInt64.init),
            let count = identity["count"].flatMap(UInt64.init)
        else { return false }
        let end = max(first, first &+ count)
        view.repeated += received[epoch, default: SequenceRanges()].insert(first..<end)
        return received[epoch]?.end == end
    }
}

/// Which sequence numbers have come: few ranges, since holes close when the backlog comes.
private struct SequenceRanges {
    /// More holes than this are not kept apart; the demo's backlog leaves one.
    private static let mostRanges = 100

    /// In order, not touching.
    private var ranges: [Range<UInt64>] = []

    /// Behind the highest that has come.
    var end: UInt64 { ranges.last?.upperBound ?? 0 }

    /// How many have come.
    var count: UInt64 { ranges.reduce(0) { $0 + UInt64($1.count) } }

    /// How many have not come below the highest that has.
    var missing: UInt64 { end - count }

    /// Adds numbers. Returns how many of them had come before.
    mutating func insert(_ new: Range<UInt64>) -> UInt64 {
        let known = ranges.reduce(0) { $0 + UInt64($1.clamped(to: new).count) }
        let isNear = { (range: Range<UInt64>) in
            range.lowerBound <= new.upperBound && new.lowerBound <= range.upperBound
        }
        let near = ranges.filter(isNear) + [new]
        ranges.removeAll(where: isNear)
        let lower = near.map(\.lowerBound).min() ?? new.lowerBound
        let upper = near.map(\.upperBound).max() ?? new.upperBound
        ranges.insert(
            lower..<upper, at: ranges.firstIndex { $0.lowerBound > upper } ?? ranges.count)
        if ranges.count > Self.mostRanges {
            ranges.replaceSubrange(0..<2, with: [ranges[0].lowerBound..<ranges[1].upperBound])
        }
        return known
    }
}
