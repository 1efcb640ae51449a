import Buses
import Glibc
import LinuxBuses
import Platform
import TestSupport
import Telemetry
import Testing

/// What the field may do to a Modbus TCP client: whatever arrives, and whenever, a value is the
/// answer to its own request or there is none.
@Suite struct ModbusTCPBusTests {
    /// The values of two registers, and as they are on the wire.
    private static let values: [UInt16] = [0x1234, 0xABCD]
    private static let bytes: [UInt8] = [0x12, 0x34, 0xAB, 0xCD]
    private static let wrong: [UInt8] = [0xBA, 0xD0, 0xBA, 0xD1]

    /// Accepts the next connection, which must bring a request, and answers it right.
    private func serveOne(_ server: ScriptedServer) async throws -> ScriptedServer.Client {
        let client = try await server.accept()
        let request = try await server.request(of: client)
        await server.send(request.answer(Self.bytes), to: client)
        return client
    }

    // MARK: Late and stray answers

    @Test func lateAnswerIsNeverAnothers() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        let first = read(bus, responseTimeout: .milliseconds(50))
        let slow = try await server.accept()
        let request = try await server.request(of: slow)
        #expect(await first.value.code == .timeout)
        await server.send(request.answer(Self.wrong), to: slow)
        let second = read(bus)
        _ = try await serveOne(server)
        #expect(await second.value == .success(Self.values))
        try await server.awaitEnd(of: slow)
    }

    /// An answer that nobody asked for lies ready when the next request begins, and even guesses
    /// its transaction id.
    @Test func strayAnswerIsNeverTaken() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        let first = read(bus)
        let client = try await server.accept()
        let request = try await server.request(of: client)
        var stray = request.answer(Self.wrong)
        let next = UInt16(stray[0]) << 8 &+ UInt16(stray[1]) &+ 1
        (stray[0], stray[1]) = (UInt8(next >> 8), UInt8(next & 0xFF))
        await server.send(request.answer(Self.bytes) + stray, to: client)
        #expect(await first.value == .success(Self.values))
        let second = read(bus)
        _ = try await serveOne(server)
        #expect(await second.value == .success(Self.values))
    }

    @Test func answerInPiecesIsPutTogether() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port, responseTimeout: .seconds(120))
        let answer = read(bus)
        let client = try await server.accept()
        let request = try await server.request(of: client)
        for byte in request.answer(Self.bytes) {
            await server.send([byte], to: client)
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(await answer.value == .success(Self.values))
    }

    /// The time-out is for the whole answer: one byte now and then does not keep a poll waiting.
    /// The bus hangs up long before the 259 bytes are through, which would take 13 s.
    @Test func dribbleTimesOut() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port, responseTimeout: .milliseconds(200))
        let answer = read(bus)
        let client = try await server.accept()
        let request = try await server.request(of: client)
        var wasTaken = true
        for byte in request.answer(Array(repeating: 0xBA, count: 250)) where wasTaken {
            wasTaken = await server.send([byte], to: client)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(!wasTaken)
        #expect(await answer.value.code == .timeout)
    }

    /// Between the request's time-out and the bus's there is room for a machine under load.
    @Test func requestsOwnTimeoutHolds() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port, responseTimeout: .seconds(240))
        let start = SystemClock().now()
        let answer = Task {
            try await bus.registers(
                .readHoldingRegisters(address: 0, count: 1), unit: 1,
                responseTimeout: .milliseconds(100))
        }
        await #expect(throws: BusError.self) { try await answer.value }
        let time = SystemClock().now() - start
        #expect(time >= .milliseconds(100) && time < .seconds(120))
    }

    // MARK: Wrong answers

    /// What comes instead of the answer, and what becomes of the request.
    struct WrongAnswer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: BusError.Code
        var bytes: @Sendable (ScriptedServer.Request) -> [UInt8]

        init(
            _ name: String, _ code: BusError.Code = .corrupt,
            _ bytes: @escaping @Sendable (ScriptedServer.Request) -> [UInt8]
        ) {
            (testDescription, self.code, self.bytes) = (name, code, bytes)
        }

        /// The right answer with one byte changed.
        static func change(
            _ name: String, _ index: Int, is code: BusError.Code = .corrupt,
            _ change: @escaping @Sendable (UInt8) -> UInt8
        ) -> WrongAnswer {
            WrongAnswer(name, code) { request in
                var bytes = request.answer(ModbusTCPBusTests.wrong)
                bytes[index] = change(bytes[index])
                return bytes
            }
        }

        static let all: [WrongAnswer] = [
            .change("the transaction before", 1) { $0 &- 1 },
            .change("another transaction", 0) { ~$0 },
            .change("another protocol", 3) { _ in 1 },
            .change("a length too short", 5) { $0 - 1 },
            .change("a length too long", 5, is: .timeout) { $0 + 1 },
            .change("another unit", 6) { _ in 2 },
            .change("another function", 7) { _ in 4 },
            .init("one register too few") { $0.answer([0xBA, 0xD0]) },
            .init("one register too many") { $0.answer(ModbusTCPBusTests.wrong + [0xBA, 0xD2]) },
            .init("an odd number of bytes") { $0.answer([0xBA, 0xD0, 0xBA]) },
            .init("no values at all") { $0.answer([]) },
            .init("an exception of another function") {
                $0.bytes[..<4] + [0, 3, 1, 0x84, 2]
            },
            .init("an exception of another unit") { $0.bytes[..<4] + [0, 3, 2, 0x83, 2] },
            .init("an exception without a code") { $0.bytes[..<4] + [0, 3, 1, 0x83, 0] },
            .init("the request itself") { $0.bytes },
            .init("half an answer", .timeout) { $0.answer(ModbusTCPBusTests.wrong).dropLast(2) },
            .init("text") { _ in Array("HTTP/1.0 400 Bad".utf8.prefix(7)) },
            .init("a page of text") { _ in Array(repeating: UInt8(ascii: "A"), count: 4000) },
            .init("ones") { _ in Array(repeating: 0xFF, count: 300) },
        ]
    }

    @Test(arguments: WrongAnswer.all)
    func wrongAnswerBringsNoValue(_ wrong: WrongAnswer) async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        // Only who waits in vain is to be short of time.
        let timeout: Duration? = wrong.code == .timeout ? .milliseconds(300) : nil
        let first = read(bus, responseTimeout: timeout)
        let client = try await server.accept()
        await server.send(wrong.bytes(try await server.request(of: client)), to: client)
        #expect(await first.value.code == wrong.code)
        let second = read(bus)
        _ = try await serveOne(server)
        #expect(await second.value == .success(Self.values))
    }

    /// Every value of every byte of the header: none but the right one brings values.
    @Test func noHeaderButTheRightOneBringsValues() async throws {
        let server = try ScriptedServer()
        let clock = ManualClock()
        let bus = tcpBus(port: server.port, clock: clock)
        for index in 0..<9 {
            for difference in UInt8(1)...255 {
                let answer = read(bus)
                let client = try await server.accept()
                var bytes = try await server.request(of: client).answer(Self.wrong)
                bytes[index] ^= difference
                await server.send(bytes, to: client)
                await server.close(client)
                let code = await answer.value.code
                #expect(code != nil, "byte \(index) was changed by \(difference)")
                clock.advance(by: ModbusTCPBus.retryDelays.upperBound)
            }
        }
    }

    // MARK: Connections

    @Test func closedConnectionIsOpenedAgainAtOnce() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        for _ in 0..<3 {
            let answer = read(bus)
            let client = try await serveOne(server)
            #expect(await answer.value == .success(Self.values))
            await server.close(client)
        }
    }

    @Test func connectionCutDuringARequestIsOpenedAgainAtOnce() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        let first = read(bus)
        let client = try await serveOne(server)
        _ = await first.value
        let cut = read(bus)
        _ = try await server.request(of: client)
        await server.close(client)
        #expect(await cut.value.code == .disconnected)
        let third = read(bus)
        _ = try await serveOne(server)
        #expect(await third.value == .success(Self.values))
    }

    @Test func oneConnectionServesManyRequests() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        var answer = read(bus)
        let client = try await serveOne(server)
        for _ in 0..<20 {
            #expect(await answer.value == .success(Self.values))
            answer = read(bus)
            let request = try await server.request(of: client)
            await server.send(request.answer(Self.bytes), to: client)
        }
        _ = await answer.value
        await bus.close()
        try await server.awaitEnd(of: client)
    }

    @Test func refusalKeepsTheConnection() async throws {
        let server = try ScriptedServer()
        let bus = tcpBus(port: server.port)
        let first = read(bus)
        let client = try await server.accept()
        let request = try await server.request(of: client)
        await server.send(request.bytes[..<4] + [0, 3, 1, 0x83, 6], to: client)
        #expect(await first.value.code == .exception(6))
        let second = read(bus)
        let next = try await server.request(of: client)
        await server.send(next.answer(Self.bytes), to: client)
        #expect(await second.value == .success(Self.values))
    }

    /// A server that takes connections and drops them is asked again after a growing delay,
    /// with full jitter, and never later than the longest one. In between nobody is asked.
    @Test func backsOffFromAConnectionThatBringsNothing() async throws {
        let server = try ScriptedServer()
        let clock = ManualClock()
        let bus = tcpBus(port: server.port, clock: clock)
        for _ in 0..<20 {
            let answer = read(bus)
            let client = try await server.accept()
            await server.close(client)
            guard case .failure(let failure) = await answer.value else {
                Issue.record("a value from nowhere")
                return
            }
            #expect(failure.code == .disconnected)
            #expect(failure.message.contains("; next try in "))
            guard case .failure(let waiting) = await read(bus).value else { continue }
            #expect(waiting == failure)
            #expect(await server.isIdle)
            clock.advance(by: ModbusTCPBus.retryDelays.upperBound)
        }
        let answer = read(bus)
        _ = try await serveOne(server)
        #expect(await answer.value == .success(Self.values))
    }

    @Test func saysWhatToLookAtWhenNobodyListens() async throws {
        let server = try ScriptedServer(isListening: false)
        let answer = await read(tcpBus(port: server.port)).value
        guard case .failure(let failure) = answer else {
            Issue.record("a value from nowhere")
            return
        }
        #expect(failure.code == .disconnected)
        #expect(failure.errno == ECONNREFUSED)
        #expect(
            failure.message.hasPrefix(
                "plc: 127.0.0.1:\(server.port) refused the connection; is the port right, is Modbus TCP "
                    + "enabled there?; next try in "))
    }

    @Test func saysThatANameHasNoAddress() async {
        let bus = tcpBus(port: 502, host: "meter.invalid")
        guard case .failure(let failure) = await read(bus).value else {
            Issue.record("a value from nowhere")
            return
        }
        #expect(failure.code == .disconnected)
        #expect(failure.message.hasPrefix("plc: the name `meter.invalid` has no address ("))
    }
}
