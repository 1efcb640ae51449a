import Glibc
import Logging
import Platform
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// The control socket's server with clients that are slow, deaf or greedy.
@Suite struct ControlServerTests {
    /// Of a server that lets a client go in the test, and of one that must not on a busy machine.
    private static let (little, much) = (Duration.seconds(1), Duration.seconds(60))

    private let folder: TestFolder
    private var path: String { folder.path("control.sock") }

    init() throws {
        folder = try TestFolder()
    }

    /// A server whose streams send so many bytes again and again, and that answers with the command.
    private func server(
        every interval: Duration = .milliseconds(1), bytes: Int = 1, patience: Duration = little
    ) async throws -> ControlServer {
        let text = String(repeating: "x", count: bytes)
        let server = ControlServer(
            path: path, logger: Logger(label: "test"), patience: patience,
            streams: { request in
                guard request.command == "live" else { return nil }
                return ControlFeed(interval: interval) { ControlResponse(text: text) }
            },
            handler: { request, _ in ControlResponse(text: request.command) })
        try await server.start()
        return server
    }

    private func ask(_ client: ControlSocketClient, _ command: String) async throws -> String? {
        try await client.ask("{\"command\":\"\(command)\"}")
    }

    /// Who has read everything does not go because the next look is far away.
    @Test func aQuietStreamIsNotCut() async throws {
        let server = try await server(every: Self.little * 2)
        let client = try ControlSocketClient(path)
        #expect(try await ask(client, "live") == #"{"text":"x"}"#)
        for _ in 0..<3 { #expect(try await client.line() == #"{"text":"x"}"#) }
        await server.stop()
    }

    /// Nor does what it says meanwhile count as reading.
    @Test func whoDoesNotReadItsStreamIsLetGo() async throws {
        let server = try await server(bytes: 50_000)
        let deaf = try ControlSocketClient(path)
        await deaf.send(Array("{\"command\":\"live\"}\n{\"command\":\"status\"}\n".utf8))
        #expect(try await ask(try ControlSocketClient(path), "hear") == #"{"text":"hear"}"#)
        try await deaf.awaitEnd()
        #expect(try await ask(try ControlSocketClient(path), "hear") == #"{"text":"hear"}"#)
        await server.stop()
    }

    @Test func whoSaysNothingIsLetGo() async throws {
        let server = try await server()
        let silent = try ControlSocketClient(path)
        #expect(try await silent.line() == nil)
        let half = try ControlSocketClient(path)
        await half.send(Array(#"{"command":"#.utf8))
        #expect(try await half.line() == nil)
        await server.stop()
    }

    /// Who asks on and on and never reads an answer is cut at the bound; others do not wait for it.
    @Test func whoFloodsIsLetGo() async throws {
        let server = try await server(patience: Self.much)
        let greedy = try ControlSocketClient(path)
        async let flood: Void = greedy.send(
            [UInt8](repeating: UInt8(ascii: "\n"), count: 3 * ControlLimits.requestBytes))
        let other = try ControlSocketClient(path)
        for _ in 0..<10 { #expect(try await ask(other, "hear") == #"{"text":"hear"}"#) }
        await flood
        try await greedy.awaitEnd()
        await server.stop()
    }

    @Test func aRequestThatIsTooLongIsToldSo() async throws {
        let server = try await server(patience: Self.much)
        let client = try ControlSocketClient(path)
        await client.send(
            [UInt8](repeating: UInt8(ascii: "x"), count: ControlLimits.requestBytes + 1))
        let word = try await client.line()
        #expect(word?.contains("a request has at most 1048576 bytes") ?? false, "\(word ?? "")")
        #expect(try await client.line() == nil)
        await server.stop()
    }

    /// Requests may come in pieces and several at once; the answers come in their order.
    @Test func answersComeInTheOrderOfTheirRequests() async throws {
        let server = try await server(patience: Self.much)
        let client = try ControlSocketClient(path)
        let text = (0..<200).map { "{\"command\":\"\($0)\"}\n" }.joined()
        let (head, tail) = (Array(text.utf8.prefix(1001)), Array(text.utf8.dropFirst(1001)))
        await client.send(head)
        #expect(try await client.line() == #"{"text":"0"}"#)
        await client.send(tail)
        await client.finish()
        for number in 1..<200 { #expect(try await client.line() == "{\"text\":\"\(number)\"}") }
        #expect(try await client.line() == nil)
        await server.stop()
    }

    /// One that hangs, with all the clients that the kernel lets wait, keeps its path and holds
    /// nobody for ever.
    @Test func whoHangsIsToldFromWhoIsGone() throws {
        let listener = try ControlSocket.listen(on: path)
        var clients: [Int32] = []
        let failure = #expect(throws: SystemError.self) {
            while clients.count < 1000 {
                clients.append(try ControlSocket.connect(to: path, timeoutSeconds: 1))
            }
        }
        #expect(failure?.errno == EAGAIN)
        #expect(ControlSocket.isServed(path))
        for descriptor in clients + [listener] { close(descriptor) }
        #expect(!ControlSocket.isServed(path))
    }

    /// The owner's and the group's, nobody else's.
    @Test func othersMayNotConnect() async throws {
        let server = try await server()
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        #expect(status.st_mode & S_IFMT == S_IFSOCK)
        await server.stop()
        #expect(stat(path, &status) != 0)
    }
}
