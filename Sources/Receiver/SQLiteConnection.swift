import CSQLite
import Telemetry

/// A file of SQLite, in WAL mode and with every commit synced. Several processes may write it;
/// SQLite lets one at a time, and the others wait.
final class SQLiteConnection: SQLConnection {
    /// How long another process may hold the file before that counts as a failure.
    private static let patienceMilliseconds: Int32 = 10_000
    /// How often a new file is asked for its WAL meanwhile.
    private static let stepMilliseconds: Int32 = 20
    private static let types = SQLTypes(
        integer: "INTEGER", double: "REAL", blob: "BLOB", serial: "INTEGER PRIMARY KEY",
        derived: ", time REAL AS (time_ns / 1e9), "
            + "value AS (coalesce(value_integer, value_number, value_text))",
        clustered: " WITHOUT ROWID")

    private let api: UnsafePointer<csqlite>
    private let path: String
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    private lazy var insertion = Result { () throws(DatabaseFailure) in
        try prepare(
            "INSERT INTO readings (\(Schema.columns)) VALUES "
                + "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14) ON CONFLICT DO NOTHING")
    }

    /// Opens the file and makes it, and its tables, if they are not there and `creates` says so.
    init(path: String, creates: Bool) throws(DatabaseFailure) {
        guard let api = csqlite_load() else {
            throw DatabaseFailure(
                .unusable, "libsqlite3.so.0 is not there; `apt install libsqlite3-0` brings it")
        }
        let flags = CSQLITE_OPEN_READWRITE | CSQLITE_OPEN_NOMUTEX
        var handle: OpaquePointer?
        let code = api.pointee.open(
            path, &handle, Int32(flags | (creates ? CSQLITE_OPEN_CREATE : 0)), nil)
        guard code == Int32(CSQLITE_OK), let handle else {
            let reason = String(cString: api.pointee.message(handle))
            _ = api.pointee.close(handle)
            throw DatabaseFailure(.unavailable, "\(path): \(reason)")
        }
        self.api = api
        self.path = path
        self.handle = handle
        _ = api.pointee.busy_timeout(handle, Self.patienceMilliseconds)
        try useWAL()
        try run("PRAGMA synchronous=FULL")
        guard creates else { return }
        try begin([])
        try Schema.prepare(self, Self.types)
        try commit()
    }

    deinit {
        for statement in statements.values { _ = api.pointee.finalize(statement) }
        _ = api.pointee.close(handle)
    }

    /// The one statement that SQLite does not wait with: two that have read a new file both want to
    /// write it, and one of them must let go (sqlite.org/c3ref, sqlite3_busy_handler).
    private func useWAL() throws(DatabaseFailure) {
        let statement = try prepare("PRAGMA journal_mode=WAL")
        defer { _ = api.pointee.reset(statement) }
        var patience = Self.patienceMilliseconds
        var code = api.pointee.step(statement)
        while code == Int32(CSQLITE_BUSY), patience > 0 {
            _ = api.pointee.reset(statement)
            patience -= api.pointee.sleep(Self.stepMilliseconds)
            code = api.pointee.step(statement)
        }
        guard code == Int32(CSQLITE_ROW) else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> DatabaseFailure {
        let reason = String(cString: api.pointee.message(handle))
        let data = [CSQLITE_TOOBIG, CSQLITE_CONSTRAINT, CSQLITE_MISMATCH]
        let isData = data.contains(Int(code & 0xFF))
        return DatabaseFailure(isData ? .data : .unavailable, "\(path): \(reason)")
    }

    private func check(_ code: Int32) throws(DatabaseFailure) {
        guard code == Int32(CSQLITE_OK) else { throw failure(code) }
    }

    private func prepare(_ sql: String) throws(DatabaseFailure) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        try check(
            api.pointee.prepare(
                handle, sql, -1, UInt32(CSQLITE_PREPARE_PERSISTENT), &statement, nil))
        guard let statement else { throw DatabaseFailure(.unusable, "an empty statement") }
        statements[sql] = statement
        return statement
    }

    @discardableResult
    func run(
        _ sql: String, _ parameters: [SQLValue], row: (SQLRow) -> Void
    ) throws(DatabaseFailure) -> Int {
        let statement = try prepare(sql)
        defer { _ = api.pointee.reset(statement) }
        for (index, parameter) in parameters.enumerated() {
            try bind(parameter, to: statement, at: Int32(index + 1))
        }
        while true {
            switch api.pointee.step(statement) {
            case Int32(CSQLITE_ROW): row(columns(of: statement))
            case Int32(CSQLITE_DONE): return Int(api.pointee.changes(handle))
            case let code: throw failure(code)
            }
        }
    }

    private func bind(
        _ value: SQLValue, to statement: OpaquePointer, at index: Int32
    ) throws(DatabaseFailure) {
        switch value {
        case .integer(let value): try check(api.pointee.bind_int64(statement, index, value))
        case .text(let text): try bind(text, to: statement, at: index)
        case .blob(let bytes):
            try check(csqlite_bind_blob(api, statement, index, bytes, Int32(clamping: bytes.count)))
        }
    }

    private func bind(
        _ text: String?, to statement: OpaquePointer, at index: Int32
    ) throws(DatabaseFailure) {
        guard var text else { return try check(api.pointee.bind_null(statement, index)) }
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                // An empty text has no address, and no address would be NULL.
                $0.baseAddress.map {
                    csqlite_bind_text(api, statement, index, $0, Int32(clamping: bytes.count))
                } ?? csqlite_bind_text(api, statement, index, "", 0)
            }
        }
        try check(code)
    }

    private func columns(of statement: OpaquePointer) -> SQLRow {
        (0..<api.pointee.column_count(statement)).map { column in
            api.pointee.column_text(statement, column).map { text in
                let count = Int(api.pointee.column_bytes(statement, column))
                return String(
                    decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
            }
        }
    }

    // MARK: Writing

    func begin(_ streams: [StreamKey]) throws(DatabaseFailure) { try run("BEGIN IMMEDIATE") }

    func commit() throws(DatabaseFailure) { try run("COMMIT") }

    func rollback() {
        do { try run("ROLLBACK") } catch {
            // SQLite has rolled back by itself, or the connection is given up.
        }
    }

    func insert(
        _ readings: [ReceivedReading], of stream: StreamKey
    ) throws(DatabaseFailure) -> Int {
        let statement = try insertion.get()
        try bind(stream.gateway, to: statement, at: 1)
        try bind(stream.epoch.journalDigits, to: statement, at: 2)
        try check(api.pointee.bind_int64(statement, 3, Int64(stream.epoch.number)))
        var inserted = 0
        var last: ReceivedReading?
        for reading in readings {
            try bind(reading, behind: last, to: statement)
            let code = api.pointee.step(statement)
            _ = api.pointee.reset(statement)
            guard code == Int32(CSQLITE_DONE) else { throw failure(code) }
            inserted += Int(api.pointee.changes(handle))
            last = reading
        }
        return inserted
    }

    /// Binds what differs from the reading before: a statement keeps what was bound to it.
    private func bind(
        _ reading: ReceivedReading, behind last: ReceivedReading?, to statement: OpaquePointer
    ) throws(DatabaseFailure) {
        try check(api.pointee.bind_int64(statement, 4, Int64(clamping: reading.sequence)))
        if last?.device != reading.device { try bind(reading.device, to: statement, at: 5) }
        if last?.point != reading.point { try bind(reading.point, to: statement, at: 6) }
        if last == nil || last?.unit != reading.unit {
            try bind(reading.unit, to: statement, at: 7)
        }
        try bind(reading.time?.nanosecondsSince1970, to: statement, at: 8)
        if last == nil || last?.clock != reading.clock {
            try bind(reading.clock, to: statement, at: 9)
        }
        let value = StoredValue(reading.value)
        try check(api.pointee.bind_int64(statement, 10, Int64(value.kind.rawValue)))
        try bind(value.integer, to: statement, at: 11)
        if let number = value.number {
            try check(api.pointee.bind_double(statement, 12, number))
        } else {
            try check(api.pointee.bind_null(statement, 12))
        }
        try bind(value.text, to: statement, at: 13)
        if last?.quality != reading.quality { try bind(reading.quality, to: statement, at: 14) }
    }

    private func bind(
        _ integer: Int64?, to statement: OpaquePointer, at index: Int32
    ) throws(DatabaseFailure) {
        if let integer {
            try check(api.pointee.bind_int64(statement, index, integer))
        } else {
            try check(api.pointee.bind_null(statement, index))
        }
    }
}
