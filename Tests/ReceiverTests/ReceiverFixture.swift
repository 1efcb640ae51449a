import Telemetry
import TestSupport
import Uplink

@testable import Receiver

/// Messages as a gateway named `cab` sends them.
enum ReceiverFixture {
    static let epoch = Epoch(journal: 0xabc, number: 3)
    static let stream = StreamKey(gateway: "cab", epoch: epoch)
    static let arrival = WallTime(nanosecondsSince1970: 1_800_000_000_000_000_000)

    static func message(
        _ payload: String, identity: [(name: String, value: String)] = [],
        contentType: String? = "application/senml+json"
    ) -> InboundMessage {
        InboundMessage(
            topic: "armadio/cab/telemetry", payload: Array(payload.utf8), isRetained: false,
            userProperties: identity, contentType: contentType)
    }

    static func identity(
        first: UInt64, count: UInt64, numbers: String? = nil
    ) -> [(name: String, value: String)] {
        [
            ("gateway", "cab"), ("epoch", epoch.description), ("first", "\(first)"),
            ("count", "\(count)"),
        ] + (numbers.map { [("numbers", $0)] } ?? [])
    }

    static func decode(_ message: InboundMessage) throws(Refusal) -> ReceivedBatch {
        var decoders = PayloadDecoders()
        guard let batch = try decoders.decode(message, arrival: arrival) else {
            throw Refusal("it brings no readings")
        }
        return batch
    }

    /// Readings whose values are their numbers.
    static func batch(_ numbers: Range<UInt64>, of stream: StreamKey = stream) -> ReceivedBatch {
        ReceivedBatch(
            stream: stream, span: numbers,
            content: .readings(
                numbers.map {
                    ReceivedReading(
                        sequence: $0, device: "meter", point: "voltage", unit: "V", time: arrival,
                        value: .int64(Int64($0)))
                }))
    }

    static func gap(_ numbers: Range<UInt64>) -> ReceivedBatch {
        ReceivedBatch(stream: stream, span: numbers, content: .gap("journal-full"))
    }
}

/// A database of SQLite in a folder of its own.
struct TestDatabase {
    let folder: TestFolder
    let path: String
    let connection: SQLiteConnection
    let ledger: Ledger

    init() throws {
        folder = try TestFolder()
        path = folder.path("readings.db")
        connection = try SQLiteConnection(path: path, creates: true)
        ledger = Ledger(connection: connection)
    }

    @discardableResult
    func record(_ batches: ReceivedBatch...) throws -> Recording {
        try ledger.record(batches, refused: [])
    }

    /// All of a table, each row a line.
    func table(_ columns: String, _ table: String) throws -> [String] {
        try connection.rows("SELECT \(columns) FROM \(table) ORDER BY 1").map {
            $0.map { $0 ?? "-" }.joined(separator: " ")
        }
    }
}
