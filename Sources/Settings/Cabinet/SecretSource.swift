import Glibc

/// Where a secret is kept: a file or a systemd credential. The configuration never has the secret
/// itself, so it can be shown, copied and sent.
public enum SecretSource: Hashable, Sendable, CustomStringConvertible {
    /// A file that others may not read.
    case file(path: String)
    /// A credential that systemd hands to the service (systemd.exec(5), LoadCredential=).
    case credential(name: String)

    /// The largest secret: 64 KiB, beyond any password or key.
    public static let limitBytes = 64 << 10

    /// Where it is kept; never what it is.
    public var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .credential(let name): "credential \(name)"
        }
    }

    /// The secret, without a line break at its end. Read anew each time, so that a changed
    /// password needs no restart.
    ///
    /// - Throws: `SecretProblem` if it is missing, empty, too large, or readable by everybody.
    public func read() throws(SecretProblem) -> [UInt8] {
        let path = try path
        let file: FileBytes
        do {
            file = try FileBytes(path: path, limit: Self.limitBytes)
        } catch {
            throw SecretProblem("\(self) \(error.what)", mend: error.mend)
        }
        if case .file = self, file.mode & S_IROTH != 0 {
            throw SecretProblem(
                "\(self) may be read by every user", mend: "chmod o-rwx \(path)")
        }
        guard file.bytes.count <= Self.limitBytes else {
            throw SecretProblem(
                "\(self) has more than \(Self.limitBytes >> 10) KiB", mend: "check the name")
        }
        var secret = file.bytes[...]
        if secret.last == 0x0A { secret.removeLast() }
        if secret.last == 0x0D { secret.removeLast() }
        guard !secret.isEmpty else {
            throw SecretProblem("\(self) is empty", mend: "write the secret into it")
        }
        return Array(secret)
    }

    private var path: String {
        get throws(SecretProblem) {
            switch self {
            case .file(let path): return path
            case .credential(let name):
                guard let folder = getenv("CREDENTIALS_DIRECTORY") else {
                    throw SecretProblem(
                        "\(self) is not there: systemd has passed no credentials",
                        mend: "add LoadCredential=\(name):FILE to the service, or use {file: ...}")
                }
                return String(cString: folder) + "/" + name
            }
        }
    }
}

/// Why a secret could not be read.
public struct SecretProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var what: String
    /// How to mend it; may be empty.
    public var mend: String

    init(_ what: String, mend: String) {
        self.what = what
        self.mend = mend
    }

    public var description: String { mend.isEmpty ? what : what + "; " + mend }
}

extension SecretSource: Decodable {
    private enum CodingKeys: CodingKey { case file, credential }

    /// Decodes `{file: PATH}` or `{credential: NAME}`. A secret written out is refused, and not
    /// repeated in the message.
    public init(from decoder: any Decoder) throws {
        let node = try decoder.singleValueContainer().decode(SettingsNode.self)
        if let text = node.text, !text.isEmpty {
            node.problem(
                "\(node.subject) must not stand in the configuration itself",
                mend:
                    "write it to a file with mode 600 and name that: {file: /etc/armadio/secrets/NAME}"
            )
            self = .file(path: "")
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let file = try container.decodeIfPresent(String.self, forKey: .file)
        let credential = try container.decodeIfPresent(String.self, forKey: .credential)
        switch (file, credential) {
        case (let file?, nil):
            if !file.hasPrefix("/") {
                node["file"]?.report("`file` must begin with /", mend: "write the whole path")
            }
            self = .file(path: file)
        case (nil, let credential?):
            if credential.isEmpty || credential.contains("/") || credential.hasPrefix(".") {
                node["credential"]?.report(
                    "`credential: \(credential)` is not the name of a credential",
                    mend: "write the name that LoadCredential= has before the colon")
            }
            self = .credential(name: credential)
        default:
            node.problem(
                "\(node.subject) must be kept in one place",
                mend: "write {file: PATH} or {credential: NAME}")
            self = .file(path: "")
        }
    }
}
