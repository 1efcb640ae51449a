import Buses
import Glibc
import Platform
import Telemetry

/// Modbus TCP (Modbus Messaging on TCP/IP Implementation Guide V1.0b).
///
/// It never blocks, so many of them share one thread; one request is under way at a time. Each
/// has a transaction id of its own. A connection that has timed out, brought anything else than
/// the answer, or has bytes that nobody asked for is closed: no late answer can be taken for
/// another's. The next transfer opens a new one. After a connection that could not be opened, or
/// was closed before its first answer, transfers fail at once until a growing delay is over.
public actor ModbusTCPBus: ModbusBus {
    /// How long one address may take to accept a connection, and the name service to name it. TCP
    /// repeats a lost first packet after one second.
    public static let connectTimeout = Duration.seconds(3)
    /// The bound of the delay after the first failed connection, and the largest.
    public static let retryDelays = Reopening.delays

    /// The bus's thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }

    private let line: ModbusLine
    private let clock: any BootClock
    private let words: ModbusWords
    private let dialer: TCPDialer
    private var socket: ModbusTCPSocket?
    private var reopening = Reopening()
    /// Whether the open connection has brought an answer.
    private var hasAnswered = false
    private var transaction = UInt16.random(in: 0 ... .max)
    private var outgoing: [UInt8] = []
    private var longestWait: Duration?
    private let turns = Turns()

    /// A bus that connects at its first transfer.
    ///
    /// - Parameters:
    ///   - line: Its name and time-out.
    ///   - host: A name, an IPv4 or an IPv6 address.
    ///   - port: 502 is the registered one.
    ///   - executor: The thread, which it may share with other buses; nil for one of its own.
    ///   - clock: What the delays between connections are measured on.
    public init(
        line: ModbusLine, host: String, port: UInt16, executor: ThreadExecutor? = nil,
        clock: any BootClock = SystemClock()
    ) {
        self.line = line
        self.clock = clock
        self.executor = executor ?? ThreadExecutor(name: line.name)
        let address = ModbusEndpoint.tcp(host: host, port: port).address
        words = ModbusWords(line: line.name, address: address)
        dialer = TCPDialer(
            host: host, port: port, timeout: Self.connectTimeout, executor: self.executor)
        outgoing.reserveCapacity(ModbusTCPSocket.longestFrame)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func limitWaits(to limit: Duration?) {
        longestWait = limit
    }

    public func close() {
        socket = nil
        hasAnswered = false
    }

    public func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        if let flaw = request.flaw { throw words.invalid(flaw) }
        guard await turns.take() else { throw words.overrun }
        defer { turns.pass() }
        let socket = try await openSocket()
        do throws(BusError) {
            return try await exchange(request, on: socket)
        } catch {
            throw abandon(error)
        }
    }

    // MARK: The connection

    /// An open connection on which nothing is waiting to be read.
    private func openSocket() async throws(BusError) -> ModbusTCPSocket {
        if let socket, socket.isQuiet { return socket }
        close()
        try reopening.check(at: clock.now())
        do throws(TCPDialer.Failure) {
            let made = ModbusTCPSocket(try await dialer.connect())
            socket = made
            return made
        } catch {
            throw reopening.refuse(
                words.notConnected(error, host: dialer.host), at: clock.now())
        }
    }

    /// Closes a connection that did not bring an answer.
    private func abandon(_ error: BusError) -> BusError {
        if case .exception = error.code { return error }
        let wasUseless = !hasAnswered && error.code == .disconnected
        close()
        return wasUseless ? reopening.refuse(error, at: clock.now()) : error
    }

    // MARK: One exchange

    private func exchange(
        _ request: ModbusRequest, on socket: ModbusTCPSocket
    ) async throws(BusError) -> ModbusResponse {
        let timeout = line.timeout(of: request, limit: longestWait)
        compose(request)
        let answer: ArraySlice<UInt8>
        do throws(SystemError) {
            try socket.send(outgoing)
            answer = try await receive(from: socket, until: executor.now + timeout)
        } catch {
            throw words.failed(error, unit: request.unit, timeout: timeout)
        }
        return try accept(answer, request)
    }

    /// The MBAP header (Implementation Guide, section 3.1.3) and the request.
    private func compose(_ request: ModbusRequest) {
        transaction &+= 1
        outgoing.removeAll(keepingCapacity: true)
        outgoing.append(bigEndian: transaction)
        outgoing.append(bigEndian: 0)
        outgoing.append(bigEndian: 0)
        ModbusFrame.append(request, to: &outgoing)
        outgoing[5] = UInt8(outgoing.count - 6)
    }

    /// Waits for one whole frame, however it is cut into pieces.
    private func receive(
        from socket: ModbusTCPSocket, until deadline: Instant
    ) async throws(SystemError) -> ArraySlice<UInt8> {
        while await executor.waitToRead(socket.descriptor, until: deadline) {
            if let frame = try socket.receive() { return frame }
        }
        throw SystemError("recv", errno: ETIMEDOUT)
    }

    private func accept(
        _ answer: ArraySlice<UInt8>, _ request: ModbusRequest
    ) throws(BusError) -> ModbusResponse {
        guard answer[..<4].elementsEqual(outgoing[..<4]) else {
            throw words.corrupt("the answer belongs to another request", unit: request.unit)
        }
        do throws(ModbusFrame.Unanswered) {
            let response = try ModbusFrame.response(answer.dropFirst(6), to: request)
            prove()
            return response
        } catch {
            if case .refused = error { prove() }
            throw words.unanswered(error, unit: request.unit)
        }
    }

    /// The connection has brought an answer: it is worth opening again at once.
    private func prove() {
        guard !hasAnswered else { return }
        hasAnswered = true
        reopening.succeed()
    }
}
