import Glibc
import Platform
import TestSupport
import Testing

/// A folder of a test's own, removed with it.
final class TestFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/armadio-uplink-XXXXXX\0".utf8CString.dropLast())
        path = mkdtemp(&template).map { String(cString: $0) } ?? ""
    }

    deinit {
        guard let stream = opendir(path) else { return }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink(path + "/" + name)
        }
        closedir(stream)
        rmdir(path)
    }

    /// Writes a file and answers its path.
    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        guard let stream = fopen(file, "w") else { throw SystemError("fopen", file) }
        defer { fclose(stream) }
        guard fputs(text, stream) >= 0 else { throw SystemError("fputs", file) }
        return file
    }

    /// Runs a program to its end, in this folder.
    func run(_ script: String) async throws {
        let outcome = try await TestProcess(["sh", "-ec", "cd \(path)\n" + script]).run()
        try #require(outcome.code == 0, "\(outcome.errors)")
    }
}

/// Debian's mosquitto with a configuration of the test's own, on a port of 127.0.0.1.
struct Mosquitto {
    let process: TestProcess
    let port: UInt16

    private static let mostPorts = 20
    /// Below the kernel's range for outgoing connections.
    private static let ports: Range<UInt16> = 10_240..<32_000

    /// Starts it and waits until it listens: on a free port, or on one that it had before.
    init(
        in folder: TestFolder, _ lines: [String] = ["allow_anonymous true"],
        port wanted: UInt16? = nil
    ) async throws {
        var said = ""
        for _ in 0..<Self.mostPorts {
            let port = wanted ?? .random(in: Self.ports)
            let text = (["listener \(port) 127.0.0.1", "user root"] + lines).joined(separator: "\n")
            let configuration = try folder.write("mosquitto-\(port).conf", text + "\n")
            let process = TestProcess(["/usr/sbin/mosquitto", "-c", configuration])
            try await process.start()
            do throws(TestProcess.Failure) {
                _ = try await process.line(containing: " running", on: .errors)
                (self.process, self.port) = (process, port)
                return
            } catch {
                said = error.description
                guard said.contains("Address already in use") else { throw error }
            }
        }
        throw SystemError("no free port", said, errno: EADDRINUSE)
    }
}
