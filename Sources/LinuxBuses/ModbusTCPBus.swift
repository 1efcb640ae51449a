import Buses
import Glibc
import Platform
import Telemetry

/// Modbus TCP over libmodbus, on a thread of its own
/// (Modbus Messaging on TCP/IP Implementation Guide V1.0b).
///
/// Each request has a transaction id of its own. A connection that has timed out, brought
/// anything else than the answer, or has bytes that nobody asked for is closed: no late answer
/// can be taken for another's. The next transfer opens a new one. After a connection that could
/// not be opened, or was closed before its first answer, transfers fail at once until a growing
/// delay is over.
public actor ModbusTCPBus: ModbusBus {
    /// How long one address may take to accept a connection. TCP repeats a lost first packet
    /// after one second.
    public static let connectTimeout = Duration.seconds(3)
    /// The bound of the delay after the first failed connection, and the largest.
    public static let retryDelays = Duration.seconds(1)...Duration.seconds(30)

    /// The bus's thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }

    private let line: ModbusLine
    private let clock: any BootClock
    private let words: ModbusWords
    private let host: String
    private let port: UInt16
    private var context: ModbusContext?
    private var backoff = Backoff(first: retryDelays.lowerBound, longest: retryDelays.upperBound)
    private var refusal: (until: Instant, error: BusError)?
    /// Whether the open connection has brought an answer.
    private var hasAnswered = false
    private var transaction = UInt16.random(in: 0 ... .max)
    private var outgoing: [UInt8] = []

    /// A bus that connects at its first transfer.
    ///
    /// - Parameters:
    ///   - line: Its name and time-out.
    ///   - host: A name, an IPv4 or an IPv6 address.
    ///   - port: 502 is the registered one.
    ///   - clock: What the delays between connections are measured on.
    public init(
        line: ModbusLine, host: String, port: UInt16, clock: any BootClock = SystemClock()
    ) {
        self.line = line
        self.host = host
        self.port = port
        self.clock = clock
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        words = ModbusWords(line: line.name, address: address)
        executor = ThreadExecutor(name: line.name)
        outgoing.reserveCapacity(ModbusContext.longestFrame)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func close() {
        context?.close()
        hasAnswered = false
    }

    public func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        if let flaw = request.flaw { throw words.invalid(flaw) }
        let context = try openContext()
        do throws(BusError) {
            return try exchange(request, on: context)
        } catch {
            throw abandon(error)
        }
    }

    // MARK: The connection

    /// The context with an open connection on which nothing is waiting to be read.
    private func openContext() throws(BusError) -> ModbusContext {
        if let context, let descriptor = context.descriptor {
            if Self.isQuiet(descriptor) { return context }
            close()
        }
        if let refusal, refusal.until > clock.now() { throw refusal.error }
        do throws(BusError) {
            return try connect()
        } catch {
            throw refuse(error)
        }
    }

    /// Whether nothing has arrived since the last answer: neither stray bytes, which would be
    /// taken for the next answer, nor the end of the connection.
    private static func isQuiet(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        return recv(descriptor, &byte, 1, flags) < 0 && errno == EAGAIN
    }

    private func connect() throws(BusError) -> ModbusContext {
        let context = try ownContext()
        let socket = try dial()
        do throws(SystemError) {
            try context.adopt(socket)
            hasAnswered = false
            return context
        } catch {
            throw words.system(error)
        }
    }

    private func ownContext() throws(BusError) -> ModbusContext {
        if let context { return context }
        do throws(SystemError) {
            let made = try ModbusContext.tcp(host: host, port: port)
            context = made
            return made
        } catch {
            throw words.system(error)
        }
    }

    private func dial() throws(BusError) -> Int32 {
        do throws(TCPDialer.Failure) {
            return try TCPDialer.connect(host: host, port: port, timeout: Self.connectTimeout)
        } catch {
            throw words.notConnected(error, host: host)
        }
    }

    /// Keeps transfers from trying again before the delay is over.
    private func refuse(_ error: BusError) -> BusError {
        let delay = backoff.next()
        var waiting = error
        waiting.message += "; next try in \(delay.roughly)"
        refusal = (clock.now() + delay, waiting)
        return waiting
    }

    /// Closes a connection that did not bring an answer.
    private func abandon(_ error: BusError) -> BusError {
        if case .exception = error.code { return error }
        let wasUseless = !hasAnswered && error.code == .disconnected
        close()
        return wasUseless ? refuse(error) : error
    }

    // MARK: One exchange

    private func exchange(
        _ request: ModbusRequest, on context: ModbusContext
    ) throws(BusError) -> ModbusResponse {
        let timeout = request.responseTimeout ?? line.responseTimeout
        let answer: ArraySlice<UInt8>
        do throws(SystemError) {
            try send(request, on: context)
            answer = try context.receive(within: timeout)
        } catch {
            throw words.failed(error, unit: request.unit, timeout: timeout)
        }
        return try accept(answer, request)
    }

    /// Sends the MBAP header (Implementation Guide, section 3.1.3) and the request.
    private func send(_ request: ModbusRequest, on context: ModbusContext) throws(SystemError) {
        transaction &+= 1
        outgoing.removeAll(keepingCapacity: true)
        outgoing.append(bigEndian: transaction)
        outgoing.append(bigEndian: 0)
        outgoing.append(bigEndian: 0)
        ModbusFrame.append(request, to: &outgoing)
        outgoing[5] = UInt8(outgoing.count - 6)
        let descriptor = context.descriptor ?? -1
        let sent = Glibc.send(descriptor, outgoing, outgoing.count, Int32(MSG_NOSIGNAL))
        guard sent >= 0 else { throw SystemError("send") }
        // A request is far smaller than a socket's buffer: the other side has stopped reading.
        guard sent == outgoing.count else { throw SystemError("send", errno: ECONNRESET) }
    }

    private func accept(
        _ answer: ArraySlice<UInt8>, _ request: ModbusRequest
    ) throws(BusError) -> ModbusResponse {
        guard answer.count >= 8, answer[..<4].elementsEqual(outgoing[..<4]),
            Int(answer[4]) << 8 | Int(answer[5]) == answer.count - 6
        else {
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
        backoff.succeed()
        refusal = nil
    }
}
