import Telemetry

/// How a gateway appears as a Sparkplug B edge node.
public struct SparkplugOptions: Hashable, Sendable {
    /// How payloads are compressed. No part of Sparkplug 3.0; Eclipse Tahu's envelope, which many
    /// hosts open.
    public enum Compression: String, Sendable, CaseIterable {
        /// Not at all.
        case none
        /// RFC 1952, named GZIP.
        case gzip
        /// The zlib format of RFC 1950, named DEFLATE.
        case deflate
    }

    /// The group, the first part of the edge node descriptor.
    public var group: SparkplugID
    /// The edge node; nil for the gateway's name. Group and node together have to be unique among
    /// all edge nodes of the platform.
    public var node: SparkplugID?
    /// The host application without which nothing is sent; nil for none.
    public var primaryHost: SparkplugID?
    /// How births and data are compressed.
    public var compression: Compression
    /// Whether there is another broker to go to when the primary host is not at this one. If not,
    /// the link is kept while the host is waited for.
    public var hasOtherBrokers: Bool

    /// An edge node of a group.
    public init(
        group: SparkplugID, node: SparkplugID? = nil, primaryHost: SparkplugID? = nil,
        compression: Compression = .none, hasOtherBrokers: Bool = false
    ) {
        self.group = group
        self.node = node
        self.primaryHost = primaryHost
        self.compression = compression
        self.hasOtherBrokers = hasOtherBrokers
    }
}

/// A name that can be a part of a Sparkplug topic: a group, an edge node, a device, a host. Any
/// text of 1 to 256 bytes without `+`, `/`, `#` (Sparkplug 3.0 section 4.1) and without control
/// characters (MQTT 5 section 1.5.4).
public struct SparkplugID: Hashable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes.
    public static let byteLimit = 256

    /// The name.
    public let text: String

    public var description: String { text }

    /// The name that a foreign text becomes, such as a device of a journal: what cannot be in a
    /// topic is a `_`.
    public init(mending foreign: String) {
        let scalars = foreign.unicodeScalars.map { Self.isAllowed($0) ? Character($0) : "_" }
        var text = String(scalars)
        while text.utf8.count > Self.byteLimit { text.removeLast() }
        self.text = text.isEmpty ? "_" : text
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        !"+/#".unicodeScalars.contains(scalar)
            && scalar.properties.generalCategory != .control
            && !scalar.properties.isNoncharacterCodePoint
    }
}

extension SparkplugID: TextScalar {
    /// Reads a name.
    public init(text: String) throws(TextScalarError) {
        guard (1...Self.byteLimit).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy(Self.isAllowed)
        else {
            throw TextScalarError(
                "`\(text.prefix(80))` cannot be a part of a Sparkplug topic",
                mend: "use 1 to \(Self.byteLimit) bytes without `+`, `/`, `#` and control "
                    + "characters")
        }
        self.text = text
    }

    public static var placeholder: SparkplugID { SparkplugID(mending: "") }
}
