import Glibc
import Platform

/// Debian's mosquitto that one test has for itself, on a port of 127.0.0.1, with rules of the
/// test's own. It ends with the test.
public struct MosquittoBroker: Sendable {
    /// The broker. Its log is on standard error: `line(containing:on: .errors)`.
    public let process: TestProcess
    /// Where it listens.
    public let port: UInt16

    /// How many ports are tried until one is free.
    private static let mostPorts = 20
    /// Below the kernel's range for outgoing connections: nobody comes to sit on the port while
    /// the broker is away, and no client meets itself there.
    private static let ports: Range<UInt16> = 10_240..<32_000

    /// Starts it and waits until it serves.
    ///
    /// - Parameters:
    ///   - folder: Where its configuration is written.
    ///   - lines: Lines of mosquitto.conf(5). The first listener is there already; what belongs
    ///     to a listener belongs to that one.
    ///   - port: The port, if it is to be one that it had before; else one that is free.
    /// - Throws: `SystemError`, or `TestProcess.Failure` with what the broker said.
    public init(
        in folder: TestFolder, _ lines: [String] = ["allow_anonymous true"],
        port wanted: UInt16? = nil
    ) async throws {
        for _ in 0..<Self.mostPorts {
            let port = wanted ?? .random(in: Self.ports)
            // Else it would leave root's rights behind, and with them the test's folder.
            let text = (["listener \(port) 127.0.0.1", "user root"] + lines).joined(separator: "\n")
            let configuration = try folder.write("mosquitto-\(port).conf", text + "\n")
            let process = TestProcess(["/usr/sbin/mosquitto", "-c", configuration])
            try await process.start()
            do throws(TestProcess.Failure) {
                _ = try await process.line(containing: " running", on: .errors)
            } catch {
                guard error.description.contains("Address already in use") else { throw error }
                continue
            }
            (self.process, self.port) = (process, port)
            try await greet()
            return
        }
        throw TestProcess.Failure(description: "mosquitto found no free port")
    }

    /// Waits until it takes care of a client, be it to refuse it: mosquitto forgets a SIGTERM
    /// that comes before its loop has begun.
    private func greet() async throws {
        let client = TestProcess([
            "mosquitto_pub", "-h", "127.0.0.1", "-p", "\(port)", "-q", "1", "-t", "greeting", "-n",
        ])
        _ = try await client.run()
    }

    /// Ends it as an administrator does.
    ///
    /// - Throws: `TestProcess.Failure` if it does not end.
    public func end() async throws {
        try await process.end(SIGTERM)
    }

    /// A program that prints what comes on a topic, each message on a line of its own:
    /// `%r %p` of mosquitto_sub(1), 1 or 0 for retained or not and the payload. It ends by itself
    /// after `count` messages. What is published after this has returned is not missed.
    ///
    /// - Throws: `SystemError` or `TestProcess.Failure`.
    public func subscriber(
        to topic: String, count: Int, format: String = "%r %p"
    ) async throws -> TestProcess {
        let subscriber = TestProcess([
            "stdbuf", "-oL", "mosquitto_sub", "-d", "-h", "127.0.0.1", "-p", "\(port)", "-V", "5",
            "-q", "1", "-t", topic, "-C", "\(count)", "-F", format,
        ])
        try await subscriber.start()
        _ = try await subscriber.line(containing: "SUBACK")
        return subscriber
    }

    /// What the broker keeps on a topic: the retained message's payload. Waits for one if there
    /// is none yet. (Not by `--retained-only`: with it mosquitto_sub ends without a word if the
    /// message is published between its subscription and the broker's answer.)
    ///
    /// - Throws: `SystemError` or `TestProcess.Failure`.
    public func retained(_ topic: String) async throws -> String {
        let subscriber = TestProcess([
            "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(port)", "-q", "1", "-t", topic, "-C", "1",
            "-N",
        ])
        return try await subscriber.run().output
    }
}
