import ArgumentParser
import Console
import Platform
import Receiver
import Uplink

/// The options of every command that uses a receiver's database.
struct DatabaseOption: ParsableArguments {
    @Option(
        name: .customLong("database"),
        help: ArgumentHelp(
            "A file of SQLite, or postgres://[USER@]HOST/DATABASE.", valueName: "database"))
    var name: String
    @Option(
        name: .customLong("database-password-file"),
        help: ArgumentHelp(
            "The file with PostgreSQL's password, if PGPASSFILE does not know it.",
            valueName: "file"))
    var passwordFile: String?

    /// The database, or what is wrong with the option and exit code 1.
    func store(creates: Bool) throws -> ReadingStore {
        do throws(DatabaseFailure) {
            return ReadingStore(
                try DatabaseLocation(name), password: passwordFile.map { Secret(file: $0) },
                creates: creates)
        } catch {
            complain(error.description)
            throw Exit.failed
        }
    }
}
