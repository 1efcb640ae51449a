/// Why a journal could not be opened: no way was found to make a new epoch durable.
///
/// What a journal holds is never a reason: damage is set aside and reported as a gap.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Hashable, Sendable {
        /// Another process has the journal open.
        case inUse
        /// The system refused; `cause` says what.
        case system
    }

    /// What kind of failure it is.
    public var code: Code
    /// The journal's directory.
    public var directory: String
    /// The call that failed, where one did.
    public var cause: FileError?

    init(_ code: Code, directory: String, cause: FileError? = nil) {
        self.code = code
        self.directory = directory
        self.cause = cause
    }

    public var description: String {
        switch code {
        case .inUse:
            "journal \(directory): another process has it open; stop that process "
                + "or name another directory"
        case .system:
            "journal \(directory): no new epoch could be made durable"
                + (cause.map { " (\($0))" } ?? "")
                + "; make the directory writable for this user on a file system with space"
        }
    }
}
