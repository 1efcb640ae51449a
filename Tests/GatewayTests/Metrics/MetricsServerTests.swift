import Glibc
import Logging
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// The metrics' server with clients that are slow, many, or no clients at all.
@Suite struct MetricsServerTests {
    /// Of a server that lets a client go in the test, and of one that must not on a busy machine.
    private static let (little, much) = (Duration.seconds(1), Duration.seconds(60))

    private let folder: TestFolder
    private var path: String { folder.path("metrics.sock") }

    init() throws {
        folder = try TestFolder()
    }

    private func server(patience: Duration = much, bytes: Int = 3) async -> MetricsServer {
        let line = [UInt8](repeating: 0x78, count: bytes - 1) + [UInt8(ascii: "\n")]
        let page = HTTPResponse(page: line, type: "text/x")
        let server = MetricsServer(
            [.socket(path)], logger: Logger(label: "test"), patience: patience
        ) { $0 == "/metrics" ? page : nil }
        await server.start()
        return server
    }

    /// All that comes until the server lets go.
    private func answer(of client: ControlSocketClient) async throws -> String {
        var lines: [String] = []
        while let line = try await client.line() { lines.append(line) }
        return lines.joined(separator: "\n")
    }

    private func ask(_ request: String) async throws -> String {
        let client = try ControlSocketClient(path)
        await client.send(Array(request.utf8))
        return try await answer(of: client)
    }

    @Test func eachRequestHasItsStatus() async throws {
        let server = await server()
        let page = try await ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(page.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 3\r\n"))
        let head = try await ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r"))
        let other = try await ask("GET /other HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(other.hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        let post = try await ask("POST /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(post.hasPrefix("HTTP/1.1 405 Method Not Allowed\r\n"))
        #expect(post.contains("\r\nAllow: GET, HEAD\r\n"))
        let noise = try await ask("\u{1}\u{2}\n\n")
        #expect(noise.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        await server.stop()
    }

    @Test func whoTakesTooLongIsToldSo() async throws {
        let server = await server(patience: Self.little)
        let half = try await ask("GET /metrics HTTP/1.1\r\n")
        #expect(half.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
        await server.stop()
    }

    /// A page larger than any socket's buffer, and nobody who reads it.
    @Test func whoDoesNotReadIsLetGo() async throws {
        let server = await server(patience: Self.little, bytes: 4 << 20)
        let deaf = try ControlSocketClient(path)
        await deaf.send(Array("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        try await deaf.awaitEnd()
        await server.stop()
    }

    @Test func aLargePageArrivesWhole() async throws {
        let server = await server(bytes: 4 << 20)
        let client = try ControlSocketClient(path)
        await client.send(Array("GET /metrics HTTP/1.0\r\n\r\n".utf8))
        // Half closed: it still gets what it has asked for.
        await client.finish()
        let page = try await answer(of: client)
        #expect(page.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(page.utf8.suffix(4 << 20).count { $0 == UInt8(ascii: "x") } == (4 << 20) - 1)
        await server.stop()
    }

    @Test func oneClientTooManyIsToldSo() async throws {
        let server = await server()
        var clients: [ControlSocketClient] = []
        for _ in 0..<MetricsLimits.clients {
            let client = try ControlSocketClient(path)
            await client.send(Array("GET ".utf8))
            clients.append(client)
        }
        let word = try await answer(of: try ControlSocketClient(path))
        #expect(word.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
        await clients[0].send(Array("/metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        #expect(try await answer(of: clients[0]).hasPrefix("HTTP/1.1 200 OK\r\n"))
        await server.stop()
    }

    /// The owner's and the group's, nobody else's; gone with the server.
    @Test func othersMayNotConnect() async throws {
        let server = await server()
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        await server.stop()
        #expect(stat(path, &status) != 0)
    }

    /// What another program has is not taken from it, nor removed.
    @Test func anAddressThatIsTakenIsLeftAlone() async throws {
        let (first, second) = (await server(), await server())
        await second.stop()
        #expect(try await ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").contains("200 OK"))
        await first.stop()
    }

    @Test func randomBytesDoNoHarm() async throws {
        let server = await server()
        var random = SplitMix(seed: 16)
        for _ in 0..<200 {
            let client = try ControlSocketClient(path)
            let count = Int.random(in: 0..<9000, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            await client.send(bytes)
            await client.finish()
            let word = try await answer(of: client)
            #expect(word == "" || word.hasPrefix("HTTP/1.1 400 "), "\(word.prefix(40))")
        }
        #expect(try await ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").contains("200 OK"))
        await server.stop()
    }
}
