/// How the broker and this gateway recognise each other: by certificates (PEM files), or by a key
/// that both know.
public struct TLSSettings: Hashable, Sendable, Decodable {
    /// The certificate authority that has signed the broker's certificate; the system's if nil.
    public var ca: TLSFile?
    /// This gateway's certificate; goes with `key`.
    public var certificate: TLSFile?
    /// The key of this gateway's certificate.
    public var key: TLSFile?
    /// The protocol asked for within TLS (ALPN), 1 to 254 bytes; nil for none.
    public var alpn: String?
    /// A key that the broker knows too, in place of certificates.
    public var psk: SharedKeySettings?
}

/// A key that the broker knows too (TLS-PSK).
public struct SharedKeySettings: Hashable, Sendable, Decodable {
    /// The name under which the broker has the key, 1 to 128 bytes.
    public var identity: String
    /// Where the key is kept, as 32 to 512 hexadecimal digits.
    public var key: SecretSource
}

/// A file for TLS.
public enum TLSFile: Hashable, Sendable {
    /// An absolute path.
    case path(String)
    /// A credential that systemd hands to the service (systemd.exec(5), LoadCredential=).
    case credential(String)
}

extension TLSFile: Decodable {
    /// Decodes a path, `{file: PATH}` or `{credential: NAME}`.
    public init(from decoder: any Decoder) throws {
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        if node.text != nil {
            let path = try decoder.singleValueContainer().decode(String.self)
            if !path.hasPrefix("/") {
                node.report("\(node.subject) must begin with /", mend: "write the whole path")
            }
            self = .path(path)
            return
        }
        self =
            switch try SecretSource(from: decoder) {
            case .file(let path): .path(path)
            case .credential(let name): .credential(name)
            }
    }
}
