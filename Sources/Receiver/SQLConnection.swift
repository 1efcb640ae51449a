import Telemetry

/// A parameter of a statement.
enum SQLValue {
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    static func number(_ value: UInt64) -> SQLValue { .integer(Int64(clamping: value)) }
}

/// A row of a result: each column as text; nil for NULL.
typealias SQLRow = [String?]

/// What both databases have in common. Statements are written with `$1`, `$2`, … in the order in
/// which they first stand, which both take; values never stand in their text.
///
/// For one thread: a connection belongs to the `ReadingStore` that made it.
protocol SQLConnection: AnyObject {
    /// Runs a statement, prepared at its first use. Returns how many rows it changed.
    @discardableResult
    func run(
        _ sql: String, _ parameters: [SQLValue], row: (SQLRow) -> Void
    ) throws(DatabaseFailure) -> Int

    /// Begins to write these streams: nobody else writes them before the end of the transaction.
    func begin(_ streams: [StreamKey]) throws(DatabaseFailure)

    /// What was written since `begin` is durable when this returns.
    func commit() throws(DatabaseFailure)

    /// What was written since `begin` is forgotten.
    func rollback()

    /// Inserts those that are not there yet, and returns how many.
    func insert(
        _ readings: [ReceivedReading], of stream: StreamKey
    ) throws(DatabaseFailure) -> Int
}

extension SQLConnection {
    @discardableResult
    func run(_ sql: String, _ parameters: [SQLValue] = []) throws(DatabaseFailure) -> Int {
        try run(sql, parameters) { _ in }
    }

    func rows(_ sql: String, _ parameters: [SQLValue] = []) throws(DatabaseFailure) -> [SQLRow] {
        var rows: [SQLRow] = []
        try run(sql, parameters) { rows.append($0) }
        return rows
    }
}

/// A table's column types by the words of one database.
struct SQLTypes {
    /// 64 bits.
    var integer: String
    var double: String
    var blob: String
    /// A number that counts up by itself, as the table's key.
    var serial: String
    /// Columns of `readings` that are worked out when they are asked for; each behind a comma.
    var derived: String
    /// What follows a table's definition where its key is to be its order.
    var clustered: String
}

/// The tables. `first` and `end` are half-open: `end` is the number behind the last.
///
/// | table | a row |
/// |---|---|
/// | `readings` | a reading; `time_ns` since 1970, `value_kind` by `ValueKind`, the value in the column of its kind (true is 1; an integer that 63 bits do not hold is a text); SQLite has `time` in seconds and `value` too |
/// | `covered` | numbers of an epoch that are here, were left out by a filter or are declared lost |
/// | `gaps` | numbers that the gateway has declared lost |
/// | `refused` | a message that could not be read: at most `refusedLimit`, the oldest go |
enum Schema {
    /// Kept in `armadio_schema`; another number is not touched.
    static let version = 1
    /// The most messages set aside, each with at most `refusedPayloadLimit` bytes of its payload.
    static let refusedLimit = 256
    static let refusedPayloadLimit = 64 * 1024

    static func statements(_ types: SQLTypes) -> [String] {
        let stream = "gateway TEXT NOT NULL, journal TEXT NOT NULL, epoch \(types.integer) NOT NULL"
        return [
            """
            CREATE TABLE IF NOT EXISTS readings (\(stream), sequence \(types.integer) NOT NULL,
             device TEXT NOT NULL, point TEXT NOT NULL, unit TEXT, time_ns \(types.integer),
             clock TEXT, value_kind \(types.integer) NOT NULL, value_integer \(types.integer),
             value_number \(types.double), value_text TEXT, quality TEXT NOT NULL\(types.derived),
             PRIMARY KEY (gateway, journal, epoch, sequence))\(types.clustered)
            """,
            """
            CREATE TABLE IF NOT EXISTS covered (\(stream), first \(types.integer) NOT NULL,
             "end" \(types.integer) NOT NULL,
             PRIMARY KEY (gateway, journal, epoch, first))\(types.clustered)
            """,
            """
            CREATE TABLE IF NOT EXISTS gaps (\(stream), first \(types.integer) NOT NULL,
             count \(types.integer) NOT NULL, reason TEXT NOT NULL,
             PRIMARY KEY (gateway, journal, epoch, first))\(types.clustered)
            """,
            """
            CREATE TABLE IF NOT EXISTS refused (id \(types.serial), received_ns \(types.integer),
             topic TEXT NOT NULL, reason TEXT NOT NULL, payload \(types.blob))
            """,
            "CREATE TABLE IF NOT EXISTS armadio_schema (version \(types.integer) NOT NULL)",
        ]
    }

    /// Makes the tables, or sees that they are ours.
    static func prepare(
        _ connection: any SQLConnection, _ types: SQLTypes
    ) throws(DatabaseFailure) {
        for statement in statements(types) { try connection.run(statement) }
        let versions = try connection.rows("SELECT version FROM armadio_schema")
        if versions.isEmpty {
            try connection.run(
                "INSERT INTO armadio_schema (version) VALUES ($1)", [.integer(Int64(version))])
        } else if versions.contains(where: { $0 != [String(version)] }) {
            throw DatabaseFailure(
                .unusable, "the database's tables are of another version of armadio")
        }
    }

    /// The columns of `readings` as they are inserted.
    static let columns = """
        gateway, journal, epoch, sequence, device, point, unit, time_ns, clock, value_kind, \
        value_integer, value_number, value_text, quality
        """
}

/// A value as the columns of `readings` have it.
struct StoredValue {
    var kind: ValueKind
    var integer: Int64?
    var number: Double?
    var text: String?

    init(_ value: Value?) {
        switch value {
        case nil: kind = .none
        case .bool(let value): (kind, integer) = (.bool, value ? 1 : 0)
        case .int64(let value): (kind, integer) = (.int64, value)
        case .uint64(let value):
            kind = .uint64
            if let small = Int64(exactly: value) { integer = small } else { text = String(value) }
        case .double(let value): (kind, number) = (.double, value)
        case .string(let value): (kind, text) = (.string, value)
        }
    }
}
