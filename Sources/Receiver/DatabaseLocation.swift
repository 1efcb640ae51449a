import Platform
import Telemetry
import Uplink

/// Where the readings go.
public enum DatabaseLocation: Sendable, Equatable {
    /// A file of SQLite.
    case sqlite(path: String)
    /// PostgreSQL, by a connection URI (its documentation, section 34.1.1.2).
    case postgres(uri: String)

    /// Reads a path or a URI.
    ///
    /// - Throws: `DatabaseFailure` for a password in it, which others on the machine could read in
    ///   the list of processes, and for URIs of anything else.
    public init(_ text: String) throws(DatabaseFailure) {
        guard let scheme = text.parts(between: "://", maxSplits: 1).first.map(String.init),
            scheme.utf8.count < text.utf8.count, !scheme.contains("/")
        else {
            guard !text.isEmpty else { throw DatabaseFailure(.unusable, "no database is named") }
            self = .sqlite(path: text)
            return
        }
        guard ["postgres", "postgresql"].contains(scheme) else {
            throw DatabaseFailure(
                .unusable, "`\(scheme)://` is not known; name a file, or postgres://HOST/DATABASE")
        }
        let rest = text.dropFirst(scheme.utf8.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let user = authority.split(separator: "@", omittingEmptySubsequences: false).dropLast()
        guard !user.joined(separator: "@").contains(":"),
            !rest.lowercased().contains("password=")
        else {
            throw DatabaseFailure(
                .unusable,
                "the URI has a password in it, which others on this machine can read; put it into "
                    + "a file and name that with --database-password-file, or use PGPASSFILE")
        }
        self = .postgres(uri: text)
    }
}

/// Why the database did not do what it was asked for.
public struct DatabaseFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds, as they decide what is done about it.
    public enum Code: Hashable, Sendable {
        /// It is not there, busy or full: tried again.
        case unavailable
        /// It does not take these data, and never will.
        case data
        /// It can never be used as it is: the wrong file, a missing library.
        case unusable
    }

    /// What is to be done about it.
    public var code: Code
    /// What happened, in words that a person can act on.
    public var description: String

    /// A failure.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
