/// Why a connection was lost or could not be made.
public struct ConnectionFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds, as they decide what a technician has to look at.
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// The broker's name has no address.
        case nameNotResolved = "name-not-resolved"
        /// Nothing listens on the port.
        case refused
        /// The network has no way to the address.
        case unreachable
        /// No answer in time, or none to a sign of life, or none to a publish.
        case timeout
        /// The handshake failed, or a certificate or key cannot be used.
        case tls
        /// The broker's certificate is not valid yet, by a clock that no time source has set.
        case clockNotSet = "clock-not-set"
        /// The broker does not know the user, or the password is wrong.
        case badCredentials = "bad-credentials"
        /// The broker knows the client and does not let it in.
        case notAuthorized = "not-authorized"
        /// The broker does not speak the protocol version.
        case protocolVersion = "protocol-version"
        /// The broker refused the connection for another reason.
        case rejected
        /// The broker does not take the client identifier.
        case clientIdentifier = "client-identifier"
        /// A broker that comes first is back.
        case failBack = "fail-back"
        /// The broker closed the connection.
        case closed
        /// A packet that breaks the protocol.
        case protocolError = "protocol-error"
        /// Something on this machine: a file that cannot be read, no memory.
        case local
        /// `stop` or `leave` was called.
        case stopped
    }

    /// The kind of failure.
    public var code: Code
    /// What happened and what to look at, in words a technician can act on.
    public var message: String

    /// A failed or lost connection.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The failures of several brokers that were tried in turn: the first one's kind, all their
    /// words.
    init(all failures: [ConnectionFailure]) {
        var messages: [String] = []
        for failure in failures where !messages.contains(failure.message) {
            messages.append(failure.message)
        }
        self.init(failures.first?.code ?? .closed, messages.joined(separator: "; "))
    }

    public var description: String { message }
}
