import TestSupport
import Testing

/// OpenSSL's own server, for what a broker cannot be set to.
struct TLSServer {
    let process: TestProcess
    let port: UInt16

    /// Shows this certificate. What goes wrong with each handshake is on standard error, or in
    /// nobody's way if it is quiet.
    init(
        _ folder: TestFolder, _ certificate: String, _ arguments: [String], isQuiet: Bool = false
    ) async throws {
        let shell = "exec openssl s_server -rev -accept 127.0.0.1:0 \"$@\""
        process = TestProcess(
            [
                "sh", "-c", shell + (isQuiet ? " 2>/dev/null" : ""), "sh", "-cert",
                folder.path(certificate + ".pem"), "-key", folder.path(certificate + ".key"),
            ] + arguments)
        try await process.start()
        let line = try await process.line(containing: "ACCEPT ")
        port = try #require(line.split(separator: ":").last.flatMap { UInt16($0) })
    }
}
