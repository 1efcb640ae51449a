import Buses
import Glibc
import Platform
import Telemetry

/// Modbus RTU on a serial port, or on a TCP connection to a serial server
/// (Modbus over Serial Line V1.02, section 2.5.1).
///
/// Not libmodbus: its calls wait for each answer with the thread, it keeps no silence between
/// frames (stephane/libmodbus#494), and after a time-out it sleeps and flushes where the line has
/// to be waited for until it is silent (stephane/libmodbus#83, #255).
///
/// One request is under way at a time. Before it the line has been silent for 3.5 characters, or
/// longer where the device or the line asks for that; after a failure until nothing has come for
/// `RTUTiming.quiet`. An answer is accepted if unit, function, length and checksum are those that
/// the request asks for and nothing follows it. What RTU cannot tell apart by these is kept apart
/// by `LateAnswers`, which says what is guaranteed. A device that answers twice, and the second
/// time not before it is asked again, is beyond that: its second answer fits like the right one.
public actor ModbusRTUBus: ModbusBus {
    /// The bus's thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }
    public nonisolated let pace: LinePace

    /// How many requests in a row a serial server may leave unanswered before its connection is
    /// opened anew: one that lost power does not say so.
    static let silentLimit = 4

    /// What opens the port.
    private enum Way {
        case port(SerialPort)
        case connection(TCPDialer)
    }

    let line: ModbusLine
    let words: ModbusWords
    let timing: RTUTiming
    private let way: Way
    private let clock: any BootClock
    private let turns = Turns()
    private var reopening = Reopening()
    private var port: RTUPort?
    /// Whether the open port has brought an answer.
    private var hasAnswered = false
    /// How many requests in a row were left unanswered.
    private var silentRequests = 0

    var outgoing: [UInt8] = []
    /// What has arrived and is not dealt with yet; at most `incomingLimit` bytes.
    var incoming: [UInt8] = []
    /// When the last byte was seen, or will have been sent.
    var lastActivity = Instant(nanoseconds: 0)
    /// The line may not be silent: something went wrong on it.
    var isSuspect = true
    var lastUnit: UInt8?
    var responseTimes = ResponseTimes()
    /// The longest wait for an answer, whatever else is set.
    var longestWait: Duration?
    /// What may come late, by unit id.
    var late: [UInt8: LateAnswers] = [:]

    /// A bus that opens its port at its first transfer.
    ///
    /// - Parameters:
    ///   - line: Its name, time-outs and silences.
    ///   - port: The serial port.
    ///   - clock: What the delays between tries to open it are measured on.
    public init(line: ModbusLine, port: SerialPort, clock: any BootClock = SystemClock()) {
        self.line = line
        self.clock = clock
        executor = ThreadExecutor(name: line.name)
        words = ModbusWords(line: line.name, address: port.path)
        timing = RTUTiming(port)
        pace = .serial(port)
        way = .port(port)
    }

    /// A bus that connects to a serial server at its first transfer.
    ///
    /// - Parameters:
    ///   - line: Its name, time-outs and silences.
    ///   - host: A name, an IPv4 or an IPv6 address.
    ///   - tcpPort: The serial server's port.
    ///   - executor: The thread, which it may share with other buses; nil for one of its own.
    ///   - clock: What the delays between connections are measured on.
    public init(
        line: ModbusLine, host: String, tcpPort: UInt16, executor: ThreadExecutor? = nil,
        clock: any BootClock = SystemClock()
    ) {
        self.line = line
        self.clock = clock
        self.executor = executor ?? ThreadExecutor(name: line.name)
        let address = ModbusEndpoint.rtuOverTCP(host: host, port: tcpPort).address
        words = ModbusWords(line: line.name, address: address, service: "its TCP server mode")
        timing = .network
        // It is the line behind the server that costs time; most have this rate.
        pace = .serial(SerialPort(path: "", baud: 9600))
        way = .connection(
            TCPDialer(
                host: host, port: tcpPort, timeout: ModbusTCPBus.connectTimeout,
                executor: self.executor))
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func limitWaits(to limit: Duration?) {
        longestWait = limit
    }

    public func close() {
        port = nil
        hasAnswered = false
        silentRequests = 0
    }

    public func transfer(_ request: ModbusRequest) async throws(BusError) -> ModbusResponse {
        if let flaw = request.flaw ?? Self.flaw(ofUnit: request.unit) { throw words.invalid(flaw) }
        guard await turns.take() else { throw words.overrun }
        defer { turns.pass() }
        if Task.isCancelled { throw words.cancelled }
        let port = try await openPort()
        do throws(BusError) {
            try await probe(before: request, on: port)
            let response = try await exchange(request, on: port)
            prove()
            return response
        } catch {
            throw judge(error)
        }
    }

    /// Unit ids of devices on a line (Modbus over Serial Line V1.02, section 2.2).
    private static func flaw(ofUnit unit: UInt8) -> String? {
        (1...247).contains(unit) ? nil : "unit id \(unit) is no device's, they are 1 to 247"
    }

    // MARK: The port

    private func openPort() async throws(BusError) -> RTUPort {
        if let port { return port }
        try reopening.check(at: clock.now())
        let made = try await makePort()
        port = made
        lastActivity = executor.now
        isSuspect = true
        return made
    }

    private func makePort() async throws(BusError) -> RTUPort {
        switch way {
        case .port(let port):
            do throws(SystemError) {
                return try RTUPort(port)
            } catch {
                throw reopening.refuse(words.notOpened(error), at: clock.now())
            }
        case .connection(let dialer):
            do throws(TCPDialer.Failure) {
                return RTUPort(connection: try await dialer.connect())
            } catch {
                throw reopening.refuse(
                    words.notConnected(error, host: dialer.host), at: clock.now())
            }
        }
    }

    /// The port has brought an answer: it is worth opening again at once.
    private func prove() {
        silentRequests = 0
        guard !hasAnswered else { return }
        hasAnswered = true
        reopening.succeed()
    }

    /// Lets go of a port that is lost, or of a connection that seems to be.
    private func judge(_ error: BusError) -> BusError {
        switch error.code {
        case .exception: prove()
        case .timeout:
            silentRequests += 1
            if case .connection = way, silentRequests >= Self.silentLimit { close() }
        case .system where error.errno == ECANCELED: break
        case .disconnected, .system:
            let wasUseless = !hasAnswered && error.code == .disconnected
            close()
            return wasUseless ? reopening.refuse(error, at: clock.now()) : error
        default: break
        }
        return error
    }
}
