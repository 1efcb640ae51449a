import Platform

/// Where the broker is, as whom to speak to it, and how long to wait for it.
///
/// A secret is named here, never held: it is read when a connection is made.
public struct BrokerSettings: Sendable {
    /// Which protocol versions are tried.
    public enum ProtocolChoice: Hashable, Sendable {
        /// MQTT 5, and 3.1.1 from the moment the broker refuses version 5.
        case automatic
        /// MQTT 5 alone.
        case v5
        /// MQTT 3.1.1 alone.
        case v311
    }

    /// Where a broker listens.
    public struct Endpoint: Hashable, Sendable {
        /// The broker's name or address.
        public var host: String
        /// The broker's TCP port.
        public var port: UInt16

        /// A broker's place.
        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    /// How the connection is encrypted and both sides are recognised: TLS 1.2 or later. The
    /// certificate's name is always checked against `host`.
    public struct TLS: Sendable {
        /// The certificates that may have signed the broker's (PEM); nil for the system's.
        public var authorities: FileLocation?
        /// The gateway's own certificate (PEM), where the broker wants one.
        public var certificate: FileLocation?
        /// The private key of `certificate` (PEM, without a passphrase).
        public var key: FileLocation?
        /// The protocol that is asked for within TLS (ALPN, RFC 7301), 1 to 254 bytes: brokers
        /// that share a port with others want one, such as `mqtt` or `x-amzn-mqtt-ca`.
        public var applicationProtocol: String?
        /// A key that both sides know in place of all certificates; nil for certificates.
        public var sharedKey: SharedKey?

        /// Encryption with the system's certificate authorities unless a file is given.
        public init(
            authorities: FileLocation? = nil, certificate: FileLocation? = nil,
            key: FileLocation? = nil
        ) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// A key that both sides know (TLS-PSK, RFC 4279).
    public struct SharedKey: Sendable {
        /// The name under which the broker has the key.
        public var identity: String
        /// Where the key is, as hexadecimal text.
        public var key: Secret

        /// A key and its name.
        public init(identity: String, key: Secret) {
            self.identity = identity
            self.key = key
        }
    }

    /// The broker's name or address.
    public var host: String
    /// The broker's TCP port: by custom 1883 without TLS, 8883 with it.
    public var port: UInt16
    /// Brokers to go to, in this order, while the one at `host` cannot be reached. They are spoken
    /// to as the first one is: same user, same encryption.
    public var fallbacks: [Endpoint] = []
    /// On a broker that is not the first, how long until those before it are looked at; each time
    /// up to a half longer, so that a thousand gateways do not go back at once.
    public var failBack: Duration = .seconds(600)
    /// The client identifier; two clients with the same one throw each other out.
    public var clientID: String
    /// The user name, if the broker asks for one.
    public var userName: String?
    /// Where the password is, if the broker asks for one.
    public var password: Secret?
    /// Encryption; nil for none.
    public var tls: TLS?
    /// Which protocol versions are tried.
    public var protocolChoice = ProtocolChoice.automatic
    /// After how much silence the broker is asked for a sign of life, and how long is waited for
    /// it. Whole seconds from 5 to 65535; values outside are moved to the nearest end.
    public var keepAlive: Duration = .seconds(30)
    /// A publish unacknowledged for this long closes the connection: a half-open link, or a
    /// broker that drops what it does not like, would otherwise hold the window for ever.
    public var inFlightAge: Duration = .seconds(60)
    /// How long TCP, TLS and the broker's answer may take in all. Resolving the name comes
    /// before it and has the system's own limit (resolv.conf(5), `options timeout`).
    public var connectTimeout: Duration = .seconds(15)
    /// Whether the broker publishes the will after a regular end too: MQTT 5's "Disconnect with
    /// Will Message" (section 3.14.2.1), which Sparkplug asks for. 3.1.1 has no such thing.
    public var disconnectsWithWill = false

    /// A broker without TLS, user or password, and with the usual times.
    public init(host: String, port: UInt16 = 1883, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }

    /// All brokers, in order.
    var endpoints: [Endpoint] { [Endpoint(host: host, port: port)] + fallbacks }

    /// The same with one of the brokers alone.
    func alone(_ endpoint: Endpoint) -> BrokerSettings {
        var settings = self
        (settings.host, settings.port, settings.fallbacks) = (endpoint.host, endpoint.port, [])
        return settings
    }

    /// The first broker's address as a URL, `mqtt://HOST:PORT` or `mqtts://HOST:PORT`.
    public var address: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return (tls == nil ? "mqtt" : "mqtts") + "://\(host):\(port)"
    }
}

/// Where a secret can be read when it is needed. It never shows up in a description.
public struct Secret: Sendable, CustomStringConvertible {
    /// The most bytes a secret may have; a larger file is not one.
    public static let byteLimit = 4096

    /// The file's path, or the source's name, for messages.
    public var description: String

    private let source: @Sendable () throws(SystemError) -> [UInt8]

    /// A secret from anywhere. `description` must not tell it.
    public init(
        description: String, source: @escaping @Sendable () throws(SystemError) -> [UInt8]
    ) {
        self.description = description
        self.source = source
    }

    /// A secret in a file, which may end with one line break that does not belong to it. A
    /// systemd credential is the file of its name in `$CREDENTIALS_DIRECTORY`.
    public init(file path: String) {
        self.init(description: path) { () throws(SystemError) in
            try readSmallFileBytes(path, limit: Secret.byteLimit)
        }
    }

    /// Reads the secret; a line break at its end is cut off.
    ///
    /// - Throws: `SystemError` if it cannot be read.
    public func bytes() throws(SystemError) -> [UInt8] {
        var bytes = try source()
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }
}
