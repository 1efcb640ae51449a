import Glibc
import Platform
import Telemetry

/// A broker that a test plays itself, packet by packet: what a broker really sends, and when, is
/// the test's to say.
actor ScriptedBroker {
    /// A connection that a client has opened.
    struct Client: Sendable {
        fileprivate let descriptor: Int32
    }

    /// A client did not do what was waited for.
    struct Failure: Error {
        var what: String
    }

    /// How long a client may take: longer than the longest keep-alive of these tests.
    private static let patience = Duration.seconds(40)

    nonisolated let port: UInt16
    private let executor = ThreadExecutor(name: "scripted-broker")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let listener: Int32
    private var clients: [Int32] = []

    /// Listens on a free port of 127.0.0.1.
    init() throws(SystemError) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let failure = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0
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
    func accept() async throws(Failure) -> Client {
        try await wait(listener, "connect")
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { throw Failure(what: "accept: \(errno)") }
        // No other test's program inherits it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        clients.append(descriptor)
        return Client(descriptor: descriptor)
    }

    /// The next connection, accepted with a CONNACK of this version and these MQTT 5 properties,
    /// and what the client said in its CONNECT.
    func welcome(
        _ version: UInt8 = 5, _ properties: [UInt8] = []
    ) async throws(Failure) -> (client: Client, connect: MQTTPacket) {
        let client = try await accept()
        let connect = try await packet(of: client)
        send(.connack(version: version, properties: properties), to: client)
        return (client, connect)
    }

    /// The next packet on a connection.
    func packet(of client: Client) async throws(Failure) -> MQTTPacket {
        guard let packet = try await nextPacket(of: client) else {
            throw Failure(what: "the client closed instead of sending")
        }
        return packet
    }

    /// The packets up to the end of the connection.
    func packetsToTheEnd(of client: Client) async throws(Failure) -> [MQTTPacket] {
        var packets: [MQTTPacket] = []
        while let packet = try await nextPacket(of: client) { packets.append(packet) }
        return packets
    }

    /// Sends bytes as they are.
    func send(_ bytes: [UInt8], to client: Client) {
        _ = Glibc.send(client.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Sends a packet.
    func send(_ packet: MQTTPacket, to client: Client) {
        send(packet.bytes, to: client)
    }

    /// Sends a message of QoS 0 ten times a second until the task is cancelled.
    func chatter(to client: Client) async {
        do throws(CancellationError) {
            while true {
                send(.message("t", "m"), to: client)
                try await executor.sleep(until: executor.now + .milliseconds(100))
            }
        } catch {
            // It was to end.
        }
    }

    /// Closes a connection.
    func close(_ client: Client) {
        clients.removeAll { $0 == client.descriptor }
        shutdown(client.descriptor, Int32(SHUT_RDWR))
        Glibc.close(client.descriptor)
    }

    private func nextPacket(of client: Client) async throws(Failure) -> MQTTPacket? {
        guard let head = try await byte(of: client) else { return nil }
        var (length, shift) = (0, 0)
        while true {
            guard let part = try await byte(of: client) else { return nil }
            length |= Int(part & 0x7F) << shift
            shift += 7
            if part < 0x80 { break }
        }
        var body = [UInt8](repeating: 0, count: length)
        var count = 0
        while count < length {
            try await wait(client.descriptor, "finish its packet")
            let more = body.withUnsafeMutableBytes {
                recv(client.descriptor, $0.baseAddress.map { $0 + count }, length - count, 0)
            }
            guard more > 0 else { return nil }
            count += more
        }
        return MQTTPacket(head: head, body: body)
    }

    private func byte(of client: Client) async throws(Failure) -> UInt8? {
        try await wait(client.descriptor, "send")
        var byte: UInt8 = 0
        return recv(client.descriptor, &byte, 1, 0) == 1 ? byte : nil
    }

    private func wait(_ descriptor: Int32, _ what: String) async throws(Failure) {
        guard await executor.waitToRead(descriptor, until: executor.now + Self.patience) else {
            throw Failure(what: "the client did not \(what)")
        }
    }
}
