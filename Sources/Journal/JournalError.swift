/// Why a journal could not be opened. Neither damage nor a disk that takes nothing is a reason:
/// damage is set aside and reported as a gap, and readings are kept in memory.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Hashable, Sendable {
        /// Another process has the journal open.
        case inUse
        /// A newer program has written this file of it, in a version that is not known here.
        case newerFormat(file: String, version: Int, known: Int)
    }

    /// What kind of failure it is.
    public var code: Code
    /// The journal's directory.
    public var directory: String

    init(_ newer: NewerFormat, directory: String) {
        let code = Code.newerFormat(
            file: newer.file, version: Int(newer.version), known: Int(newer.known))
        self.init(code, directory: directory)
    }

    init(_ code: Code, directory: String) {
        self.code = code
        self.directory = directory
    }

    public var description: String {
        switch code {
        case .inUse:
            "journal \(directory): another process has it open; stop that process "
                + "or name another directory"
        case .newerFormat(let file, let version, let known):
            "journal \(directory): a newer armadio has written it: \(file) has format \(version), "
                + "this program knows \(known). Nothing of it was changed. Install the newer armadio "
                + "again, or move the directory away: what waits in it is then not sent"
        }
    }
}
