import Glibc

/// A system call that failed: which, on what, and the error number.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call, as its manual page is named.
    public var call: String
    /// What it was called on: a path, an address.
    public var subject: String
    /// The error number (errno(3)).
    public var errno: Int32

    /// A failed call; the error number is the thread's present one unless given.
    public init(_ call: String, _ subject: String = "", errno: Int32 = Glibc.errno) {
        self.call = call
        self.subject = subject
        self.errno = errno
    }

    /// The system's words for the error number.
    public var reason: String { String(cString: strerror(errno)) }

    public var description: String {
        (subject.isEmpty ? call : call + " " + subject) + ": " + reason
    }
}
