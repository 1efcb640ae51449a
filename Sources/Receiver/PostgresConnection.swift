import CPostgres
import Platform
import Telemetry
import Uplink

/// A database of PostgreSQL. Several processes may write it: a transaction holds advisory locks on
/// the streams that it writes, so that nobody else joins ranges of the same stream.
final class PostgresConnection: SQLConnection {
    private static let types = SQLTypes(
        integer: "BIGINT", double: "DOUBLE PRECISION", blob: "BYTEA",
        serial: "BIGSERIAL PRIMARY KEY",
        derived: "", clustered: "")
    /// Held while the tables are made: CREATE TABLE IF NOT EXISTS fails when two do it at once.
    private static let schemaLock: Int64 = 0x61726d6164696f

    private let api: UnsafePointer<cpostgres>
    private let connection: OpaquePointer
    private var prepared: [String: String] = [:]

    /// Connects, and makes the tables if they are not there and `creates` says so.
    init(uri: String, password: Secret?, creates: Bool) throws(DatabaseFailure) {
        guard let api = cpostgres_load() else {
            throw DatabaseFailure(
                .unusable, "libpq.so.5 is not there; `apt install libpq5` brings it")
        }
        var options = [
            ("dbname", uri), ("connect_timeout", "10"), ("tcp_user_timeout", "60000"),
            ("client_encoding", "UTF8"), ("fallback_application_name", "armadio-receive"),
        ]
        if let password { options.append(("password", try Self.read(password))) }
        guard let connection = Self.connect(api, options) else {
            throw DatabaseFailure(.unavailable, "libpq has no memory")
        }
        self.api = api
        self.connection = connection
        guard api.pointee.status(connection) == Int32(CPOSTGRES_CONNECTION_OK) else {
            throw DatabaseFailure(.unavailable, Self.words(api.pointee.error_message(connection)))
        }
        // Notices, such as that a table is there already, would go to standard error.
        api.pointee.silence(connection, { _, _ in }, nil)
        try run("SET synchronous_commit = on")
        try run("SET timezone = 'UTC'")
        guard creates else { return }
        try run("BEGIN")
        try run("SELECT pg_advisory_xact_lock($1)", [.integer(Self.schemaLock)])
        try Schema.prepare(self, Self.types)
        try commit()
    }

    deinit {
        api.pointee.finish(connection)
    }

    private static func read(_ password: Secret) throws(DatabaseFailure) -> String {
        do {
            return String(decoding: try password.bytes(), as: UTF8.self)
        } catch {
            throw DatabaseFailure(.unavailable, "the database's password: \(error)")
        }
    }

    private static func connect(
        _ api: UnsafePointer<cpostgres>, _ options: [(String, String)]
    ) -> OpaquePointer? {
        withCStrings(options.map(\.0)) { keywords in
            withCStrings(options.map(\.1)) { values in
                api.pointee.connect(keywords + [nil], values + [nil], 1)
            }
        }
    }

    private static func withCStrings<Result>(
        _ texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        let bytes = texts.map { Array($0.utf8CString) }
        var offsets: [Int] = []
        var all: [CChar] = []
        for text in bytes {
            offsets.append(all.count)
            all += text
        }
        return all.withUnsafeBufferPointer { all in
            body(offsets.map { offset in all.baseAddress.map { $0 + offset } })
        }
    }

    /// libpq's messages have several lines.
    private static func words(_ message: UnsafePointer<CChar>?) -> String {
        guard let message else { return "PostgreSQL says nothing" }
        return String(cString: message).split(whereSeparator: \.isNewline)
            .map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }

    // MARK: Statements

    /// A failed statement: what PostgreSQL says of the data (SQLSTATE classes 22 and 23, and a
    /// limit of the program, 54) will be the same the next time.
    private func failure(_ result: OpaquePointer?) -> DatabaseFailure {
        let state =
            api.pointee.error_field(result, Int32(CPOSTGRES_FIELD_SQLSTATE))
            .map { String(cString: $0) } ?? ""
        let isData = ["22", "23", "54"].contains(String(state.prefix(2)))
        return DatabaseFailure(
            isData ? .data : .unavailable,
            "PostgreSQL: " + Self.words(api.pointee.error_message(connection)))
    }

    /// Looks at a result; the caller clears it.
    private func check(_ result: OpaquePointer?) throws(DatabaseFailure) -> OpaquePointer {
        let good = [CPOSTGRES_COMMAND_OK, CPOSTGRES_TUPLES_OK].map { Int32($0) }
        guard let result, good.contains(api.pointee.result_status(result)) else {
            let failure = failure(result)
            api.pointee.clear(result)
            throw failure
        }
        return result
    }

    private func prepare(_ sql: String) throws(DatabaseFailure) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        api.pointee.clear(try check(api.pointee.prepare(connection, name, sql, 0, nil)))
        prepared[sql] = name
        return name
    }

    private enum Format: Int32 {
        case text = 0
        case binary = 1
    }

    /// Executes a prepared statement. Parameters in text form end with a zero byte.
    private func execute(
        _ sql: String, _ parameters: [(format: Format, bytes: [UInt8])]
    ) throws(DatabaseFailure) -> OpaquePointer {
        let name = try prepare(sql)
        let lengths = parameters.map { Int32(clamping: $0.bytes.count) }
        let formats = parameters.map(\.format.rawValue)
        let values = parameters.map(\.bytes)
        let result = Self.withPointers(to: values[...], []) { pointers in
            api.pointee.execute(
                connection, name, Int32(values.count), pointers, lengths, formats, 0)
        }
        return try check(result)
    }

    /// Pointers to several arrays at once, as the C function wants them, without a copy.
    private static func withPointers<Result>(
        to values: ArraySlice<[UInt8]>, _ pointers: [UnsafePointer<CChar>?],
        _ body: ([UnsafePointer<CChar>?]) -> Result
    ) -> Result {
        guard let first = values.first else { return body(pointers) }
        return first.withUnsafeBytes { bytes in
            withPointers(
                to: values.dropFirst(),
                pointers + [bytes.baseAddress?.assumingMemoryBound(to: CChar.self)], body)
        }
    }

    @discardableResult
    func run(
        _ sql: String, _ parameters: [SQLValue], row: (SQLRow) -> Void
    ) throws(DatabaseFailure) -> Int {
        let result = try execute(sql, parameters.map(Self.parameter))
        defer { api.pointee.clear(result) }
        let columns = api.pointee.columns(result)
        for index in 0..<api.pointee.rows(result) {
            row((0..<columns).map { text(of: result, index, $0) })
        }
        return Int(String(cString: api.pointee.affected(result))) ?? 0
    }

    private static func parameter(_ value: SQLValue) -> (format: Format, bytes: [UInt8]) {
        switch value {
        case .integer(let value): (.text, Array(String(value).utf8) + [0])
        case .text(let text): (.text, Array(text.utf8) + [0])
        case .blob(let bytes): (.binary, bytes)
        }
    }

    private func text(of result: OpaquePointer, _ row: Int32, _ column: Int32) -> String? {
        guard api.pointee.is_null(result, row, column) == 0 else { return nil }
        return api.pointee.value(result, row, column).map { String(cString: $0) }
    }

    // MARK: Writing

    func begin(_ streams: [StreamKey]) throws(DatabaseFailure) {
        try run("BEGIN")
        // In one order, so that two transactions never wait for each other.
        for lock in Set(streams.map(Self.lock)).sorted() {
            try run("SELECT pg_advisory_xact_lock($1)", [.integer(lock)])
        }
    }

    /// The lock of a stream: FNV-1a over its name. Two streams with the same one wait for each
    /// other, which does no harm.
    private static func lock(of stream: StreamKey) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in stream.description.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int64(bitPattern: hash)
    }

    func commit() throws(DatabaseFailure) { try run("COMMIT") }

    func rollback() {
        do { try run("ROLLBACK") } catch {
            // The connection is lost, and the transaction with it.
        }
    }

    private static let insertion = """
        INSERT INTO readings (\(Schema.columns))
        SELECT $1, $2, $3::bigint, u.* FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[],
         $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], $12::float8[], $13::text[],
         $14::text[]) AS u ON CONFLICT DO NOTHING
        """

    func insert(
        _ readings: [ReceivedReading], of stream: StreamKey
    ) throws(DatabaseFailure) -> Int {
        let columns = ReadingColumns(readings)
        let key: [SQLValue] = [
            .text(stream.gateway), .text(stream.epoch.journalDigits),
            .integer(Int64(stream.epoch.number)),
        ]
        let result = try execute(
            Self.insertion,
            key.map(Self.parameter) + columns.arrays.map { (.binary, $0.bytes) })
        defer { api.pointee.clear(result) }
        return Int(String(cString: api.pointee.affected(result))) ?? 0
    }
}

/// Readings as the columns that `insertion` unnests.
private struct ReadingColumns {
    private var sequence, time, kind, integer: PostgresArray
    private var device, point, unit, clock, text, quality: PostgresArray
    private var number: PostgresArray

    init(_ readings: [ReceivedReading]) {
        let count = readings.count
        let (integers, texts) = (
            PostgresArray(.int8, count: count), PostgresArray(.text, count: count)
        )
        (sequence, time, kind, integer) = (integers, integers, integers, integers)
        (device, point, unit, clock, text, quality) = (texts, texts, texts, texts, texts, texts)
        number = PostgresArray(.float8, count: count)
        for reading in readings { append(reading) }
    }

    private mutating func append(_ reading: ReceivedReading) {
        sequence.append(Int64(clamping: reading.sequence))
        device.append(reading.device)
        point.append(reading.point)
        unit.append(reading.unit)
        time.append(reading.time?.nanosecondsSince1970)
        clock.append(reading.clock)
        let value = StoredValue(reading.value)
        kind.append(Int64(value.kind.rawValue))
        integer.append(value.integer)
        number.append(value.number)
        text.append(value.text)
        quality.append(reading.quality)
    }

    var arrays: [PostgresArray] {
        [
            sequence, device, point, unit, time, clock, kind, integer, number, text, quality,
        ]
    }
}
