import Glibc

/// Where a file is that the TLS library reads itself.
public enum FileLocation: Hashable, Sendable {
    /// A path.
    case path(String)
    /// A credential that systemd hands to the service (systemd.exec(5), LoadCredential=).
    case credential(String)

    /// The file's path now; it can be read.
    func readablePath() throws(ConnectionFailure) -> String {
        let path = try path()
        guard access(path, R_OK) == 0 else {
            throw ConnectionFailure(
                .tls,
                "\(path): \(String(cString: strerror(errno))); check the path and that "
                    + "the gateway's user may read it")
        }
        return path
    }

    private func path() throws(ConnectionFailure) -> String {
        switch self {
        case .path(let path): return path
        case .credential(let name):
            guard let folder = getenv("CREDENTIALS_DIRECTORY") else {
                throw ConnectionFailure(
                    .tls,
                    "credential \(name) is not there: systemd has passed no credentials; add "
                        + "LoadCredential=\(name):FILE to the service, or write the file's path")
            }
            return String(cString: folder) + "/" + name
        }
    }
}
