import Platform
import Telemetry
import Uplink

/// The database on a thread of its own: connects when it is first used, and anew after a failure.
public actor ReadingStore {
    private let executor = ThreadExecutor(name: "database")
    private let location: DatabaseLocation
    private let password: Secret?
    private let creates: Bool
    private var ledger: Ledger?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A database that is not opened yet.
    ///
    /// - Parameters:
    ///   - password: PostgreSQL's password; nil where it needs none, or knows it from PGPASSFILE.
    ///   - creates: Whether file and tables are made if they are not there.
    public init(_ location: DatabaseLocation, password: Secret? = nil, creates: Bool = true) {
        self.location = location
        self.password = password
        self.creates = creates
    }

    /// Opens it now, so that what is wrong with it is known.
    ///
    /// - Throws: `DatabaseFailure`.
    public func open() throws(DatabaseFailure) {
        try use { (_) throws(DatabaseFailure) in }
    }

    /// What gateways have declared lost, and what has not come though later numbers have; at most
    /// `limit` of each.
    ///
    /// - Throws: `DatabaseFailure`.
    public func gaps(limit: Int) throws(DatabaseFailure) -> [Gap] {
        try use { (ledger) throws(DatabaseFailure) in try ledger.gaps(limit: limit) }
    }

    func record(
        _ batches: [ReceivedBatch], refused: [RefusedMessage]
    ) throws(DatabaseFailure) -> Recording {
        try use { (ledger) throws(DatabaseFailure) in
            try ledger.record(batches, refused: refused)
        }
    }

    func watermarks(of streams: [StreamKey]) throws(DatabaseFailure) -> [StreamWatermark] {
        try use { (ledger) throws(DatabaseFailure) -> [StreamWatermark] in
            var watermarks: [StreamWatermark] = []
            for stream in streams { watermarks.append(try ledger.watermark(of: stream)) }
            return watermarks
        }
    }

    func missing(of streams: [StreamKey]) throws(DatabaseFailure) -> [UInt64] {
        try use { (ledger) throws(DatabaseFailure) -> [UInt64] in
            var missing: [UInt64] = []
            for stream in streams { missing.append(try ledger.missing(of: stream)) }
            return missing
        }
    }

    /// Closes it. The next use opens it again.
    func close() { ledger = nil }

    private func use<Result>(
        _ body: (Ledger) throws(DatabaseFailure) -> Result
    ) throws(DatabaseFailure) -> Result {
        let ledger = try opened()
        do {
            return try body(ledger)
        } catch {
            // Data that it does not take say nothing against the connection.
            if error.code != .data { self.ledger = nil }
            throw error
        }
    }

    private func opened() throws(DatabaseFailure) -> Ledger {
        if let ledger { return ledger }
        let new = try connect()
        ledger = new
        return new
    }

    private func connect() throws(DatabaseFailure) -> Ledger {
        switch location {
        case .sqlite(let path):
            Ledger(connection: try SQLiteConnection(path: path, creates: creates))
        case .postgres(let uri):
            Ledger(
                connection: try PostgresConnection(
                    uri: uri, password: password, creates: creates))
        }
    }
}
