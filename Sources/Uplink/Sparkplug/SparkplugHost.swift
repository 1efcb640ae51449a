import JSON

/// The primary host application, by what it says of itself on its STATE topic
/// (sections 5.4 and 6.5).
struct SparkplugHost: Sendable {
    /// The longest message of a host, in bytes: it has two members.
    static let byteLimit = 1024

    /// What a message has changed.
    enum Change {
        /// It is there, and was not.
        case came
        /// It is not there.
        case left
        /// Nothing: it is there still, or the message is older than one before.
        case none
    }

    /// Whether it is there, as far as the present link has told.
    private(set) var isOnline = false
    /// The newest timestamp; it outlasts the link.
    private var newest: UInt64 = 0

    /// Takes in a message. One that is older than one before is not believed.
    mutating func hear(_ payload: [UInt8]) throws(SparkplugFlaw) -> Change {
        guard payload.count <= Self.byteLimit else {
            throw SparkplugFlaw("more than \(Self.byteLimit) bytes")
        }
        let (online, timestamp) = try state(payload)
        guard timestamp >= newest else { return .none }
        newest = timestamp
        defer { isOnline = online }
        return online ? (isOnline ? .none : .came) : .left
    }

    /// The timestamp is in milliseconds since 1970.
    private func state(
        _ payload: [UInt8]
    ) throws(SparkplugFlaw) -> (online: Bool, timestamp: UInt64) {
        let value: JSONValue
        do throws(JSONFlaw) {
            value = try JSONReader.read(payload)
        } catch {
            throw SparkplugFlaw("\(error)")
        }
        guard case .object(let state) = value, case .bool(let online) = state["online"],
            let timestamp = state["timestamp"]?.count
        else { throw SparkplugFlaw("not {\"online\": BOOL, \"timestamp\": MILLISECONDS}") }
        return (online, timestamp)
    }

    /// The link is down: whether it is there is to be heard on the next one.
    mutating func forget() { isOnline = false }
}
