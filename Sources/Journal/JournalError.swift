/// Why a journal could not be opened. Neither what it holds nor a disk that takes nothing is a
/// reason: damage is set aside and reported as a gap, and readings are kept in memory.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Hashable, Sendable {
        /// Another process has the journal open.
        case inUse
    }

    /// What kind of failure it is.
    public var code: Code
    /// The journal's directory.
    public var directory: String

    init(_ code: Code, directory: String) {
        self.code = code
        self.directory = directory
    }

    public var description: String {
        switch code {
        case .inUse:
            "journal \(directory): another process has it open; stop that process "
                + "or name another directory"
        }
    }
}
