import Console
import Gateway
import Glibc
import Settings
import Telemetry

/// A bundle could not be made, or a part of it.
public struct BundleFailure: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Everything that a remote engineer needs, in one file without secrets: a tar archive in the ustar
/// format, compressed by gzip, at most 5 MiB.
///
/// Every part goes through the same redaction, the index and the names of files too. Parts that are
/// too large are cut, the largest first, and the index says which.
public struct SupportBundle {
    /// The most bytes of a bundle.
    public static let limit = 5 << 20

    /// Where what goes into it comes from.
    public struct Source {
        /// Something that a gateway or a check tells.
        public struct Extra {
            var name: String
            var keepsEnd: Bool
            var text: () throws -> String

            /// A file of the bundle, and where its text comes from; a text that cannot be had is
            /// named in the index, with the error.
            public init(_ name: String, keepsEnd: Bool = false, text: @escaping () throws -> String)
            {
                (self.name, self.keepsEnd, self.text) = (name, keepsEnd, text)
            }
        }

        var configuration: String
        var problems: [SettingsProblem]
        var profiles: ProfileLibrary
        var socket: String
        var version: String
        var extras: [Extra]

        /// Where to look.
        ///
        /// - Parameters:
        ///   - configuration: The configuration file, whatever is wrong with it.
        ///   - problems: What is.
        ///   - socket: The control socket, whether a gateway answers there or not.
        public init(
            configuration: String, problems: [SettingsProblem], profiles: ProfileLibrary,
            socket: String, version: String, extras: [Extra] = []
        ) {
            self.configuration = configuration
            self.problems = problems
            self.profiles = profiles
            self.socket = socket
            self.version = version
            self.extras = extras
        }
    }

    /// What the technician is told.
    public struct Summary: Codable, Sendable {
        /// The file, once it is written.
        public var file: String?
        /// Its size in bytes, and that of what is in it.
        public var bytes: Int
        public var wholeBytes: Int
        /// The names of its files, of those that were cut, and of what is missing.
        public var files: [String]
        public var cut: [String]
        public var missing: [String]
        /// How many places had a secret.
        public var secretsRemoved: Int
        /// Secrets that could not be read, and so not be looked for in the logs.
        public var secretsUnknown: [String]
    }

    /// The archive.
    public let bytes: [UInt8]
    /// What is in it.
    public let summary: Summary

    /// Gathers, removes the secrets and packs. Blocks.
    public init(_ source: Source, at wall: WallTime) throws(BundleFailure) {
        let file = SettingsFile(path: source.configuration)
        let secrets = ConfigurationSecrets(file)
        var redactor = Redactor()
        let unknown = SecretFiles.teach(&redactor, secrets)
        var evidence = Evidence()
        CabinetEvidence(source: source, file: file, secrets: secrets).gather(into: &evidence)
        SystemEvidence.gather(into: &evidence)
        for entry in evidence.entries where CabinetEvidence.isWritten(entry.name) {
            for secret in SecretPatterns.secrets(in: entry.bytes) { redactor.add(secret) }
        }
        for index in evidence.entries.indices {
            evidence.entries[index].bytes = redactor.clean(evidence.entries[index].bytes)
        }
        let pack = BundlePack(
            entries: evidence.entries, gaps: evidence.gaps, unknown: unknown,
            version: source.version, wall: wall, redactor: redactor)
        (bytes, summary) = try pack.packed(limit: Self.limit)
    }
}

/// The contents of the files that a configuration names as secrets.
enum SecretFiles {
    /// Where systemd shows a service's credentials to root.
    private static let credentials = "/run/credentials/armadio.service"

    /// Tells the redactor what they hold.
    ///
    /// - Returns: Those that could not be read.
    static func teach(_ redactor: inout Redactor, _ secrets: ConfigurationSecrets) -> [String] {
        for value in secrets.values { redactor.add(Array(value.utf8)) }
        var unknown: [String] = []
        for path in secrets.files.sorted() where !teach(&redactor, path) { unknown.append(path) }
        for name in secrets.credentials.sorted() {
            let folders = [
                getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }, credentials,
            ]
            let isKnown = folders.compactMap(\.self).contains {
                teach(&redactor, $0 + "/" + name)
            }
            if !isKnown { unknown.append("credential " + name) }
        }
        return unknown
    }

    private static func teach(_ redactor: inout Redactor, _ path: String) -> Bool {
        do {
            let bytes = try FileBytes(path: path, limit: SecretSource.limitBytes).bytes
            redactor.add(bytes)
            return bytes.count <= SecretSource.limitBytes
        } catch {
            return false
        }
    }
}
