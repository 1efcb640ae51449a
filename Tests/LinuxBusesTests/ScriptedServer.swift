import Buses
import Glibc
import LinuxBuses
import Platform
import Telemetry
import TestSupport

/// A Modbus TCP server that a test plays itself, step by step: what a device really sends, and
/// when, is the test's to say.
actor ScriptedServer {
    /// A connection that a client has opened.
    struct Client: Sendable {
        fileprivate let descriptor: Int32
    }

    /// A request as it came: the whole ADU (Modbus Messaging on TCP/IP Implementation Guide V1.0b,
    /// section 3.1.3).
    struct Request: Sendable {
        let bytes: [UInt8]

        /// The answer that is right for a read: this unit, function and transaction, these bytes
        /// of values.
        func answer(_ values: [UInt8]) -> [UInt8] {
            bytes[..<4] + [0, UInt8(3 + values.count), bytes[6], bytes[7], UInt8(values.count)]
                + values
        }
    }

    /// A client did not do what was waited for.
    struct Failure: Error {
        var what: String
    }

    /// How long a client may take.
    private static let patienceMilliseconds: Int32 = 120_000
    /// Every request of these tests: MBAP header, function, address and count.
    private static let requestLength = 12

    nonisolated let port: UInt16
    private let executor = ThreadExecutor(name: "scripted-server")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let listener: Int32
    private var clients: [Int32] = []

    /// Takes a free port of 127.0.0.1 and listens there, or keeps it and refuses every connection:
    /// a port that was let go may be another server's a moment later.
    init(isListening: Bool = true) throws(SystemError) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let failure = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0
                    && (!isListening || listen(listener, 16) == 0)
                    && getsockname(listener, $0, &length) == 0 ? 0 : errno
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard failure == 0 else { throw SystemError("listen", "127.0.0.1", errno: failure) }
    }

    deinit {
        for descriptor in clients + [listener] { Glibc.close(descriptor) }
    }

    /// The next connection.
    func accept() throws(Failure) -> Client {
        try wait(listener, "connect")
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { throw Failure(what: "accept: \(errno)") }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        clients.append(descriptor)
        return Client(descriptor: descriptor)
    }

    /// The next request on a connection.
    func request(of client: Client) throws(Failure) -> Request {
        var bytes = [UInt8](repeating: 0, count: Self.requestLength)
        var count = 0
        while count < bytes.count {
            try wait(client.descriptor, "ask")
            let more = recv(client.descriptor, &bytes[count], bytes.count - count, 0)
            guard more > 0 else { throw Failure(what: "the client closed instead of asking") }
            count += more
        }
        return Request(bytes: bytes)
    }

    /// Sends bytes as they are.
    ///
    /// - Returns: Whether the connection still took them.
    @discardableResult
    func send(_ bytes: [UInt8], to client: Client) -> Bool {
        Glibc.send(client.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Waits until the client has closed the connection. What it still sends is passed over.
    func awaitEnd(of client: Client) throws(Failure) {
        var byte: UInt8 = 0
        repeat {
            try wait(client.descriptor, "close")
        } while recv(client.descriptor, &byte, 1, 0) > 0
    }

    /// Closes a connection.
    func close(_ client: Client) {
        clients.removeAll { $0 == client.descriptor }
        // A program that another test started meanwhile may have inherited the descriptor: the
        // connection ends all the same.
        shutdown(client.descriptor, Int32(SHUT_RDWR))
        Glibc.close(client.descriptor)
    }

    /// Whether nobody has opened a connection that was not accepted yet.
    var isIdle: Bool {
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        return poll(&waiting, 1, 0) == 0
    }

    private func wait(_ descriptor: Int32, _ what: String) throws(Failure) {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Self.patienceMilliseconds) == 1 else {
            throw Failure(what: "the client did not \(what)")
        }
    }
}

/// A bus to a server on this machine.
func tcpBus(
    port: UInt16, host: String = "127.0.0.1", responseTimeout: Duration = .seconds(5),
    clock: any BootClock = ManualClock()
) -> ModbusTCPBus {
    let line = ModbusLine(
        name: "plc", endpoint: .tcp(host: host, port: port), responseTimeout: responseTimeout)
    return ModbusTCPBus(line: line, host: host, port: port, clock: clock)
}

/// How a read of two holding registers from address 42 of unit 1 ends, as soon as it has.
func read(
    _ bus: ModbusTCPBus, responseTimeout: Duration? = nil
) -> Task<Result<[UInt16], BusError>, Never> {
    Task {
        do throws(BusError) {
            return .success(
                try await bus.registers(
                    .readHoldingRegisters(address: 42, count: 2), unit: 1,
                    responseTimeout: responseTimeout))
        } catch {
            return .failure(error)
        }
    }
}

extension Result where Failure == BusError {
    /// The kind of failure; nil for a success.
    var code: BusError.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}
