import Glibc
import Platform
import Telemetry
import Uplink

/// What an examination asks of the network.
public protocol NetworkProbe: Sendable {
    /// The addresses of a name.
    func addresses(of host: String) async -> LookupOutcome
    /// Whether something listens at an address, and how long it took.
    func connect(to address: String, port: UInt16) async -> ConnectOutcome
    /// Lets a broker take us for a client, and publishes to a topic if there is one.
    func logIn(_ settings: BrokerSettings, publishing topic: String?) async -> LoginOutcome
}

/// What a name stands for.
public enum LookupOutcome: Hashable, Sendable {
    /// Its addresses.
    case found([String])
    /// The resolver's words.
    case failed(String)
    /// It did not answer in time.
    case late
}

/// What came of a connection.
public enum ConnectOutcome: Hashable, Sendable {
    /// It was made, after so many seconds.
    case connected(seconds: Double)
    /// The system's error number.
    case failed(Int32)
}

/// What came of a login.
public enum LoginOutcome: Sendable {
    /// The broker has taken us, with this version; what it said to the message, if there was one.
    case accepted(ProtocolVersion, published: PublishOutcome?)
    /// It has not.
    case failed(ConnectionFailure)
    /// There was no answer in time.
    case late

    /// What a broker said to a message.
    public enum PublishOutcome: Hashable, Sendable {
        /// It has acknowledged it.
        case settled
        /// It has thrown it away.
        case refused(String)
    }
}

/// The machine's own network.
public struct LiveNetworkProbe: NetworkProbe {
    /// How long a name, a connection and a login may each take.
    static let (lookupLimit, connectLimit) = (Duration.seconds(6), Duration.seconds(5))
    static let loginLimit = Duration.seconds(8)
    /// How long an uplink's examination may take: as long as all of them, and two addresses.
    static let patience = Duration.seconds(30)
    /// How long a farewell may take.
    private static let leaveLimit = Duration.seconds(1)

    /// The network of this machine.
    public init() {}

    public func addresses(of host: String) async -> LookupOutcome {
        await Doctor.bounded(Self.lookupLimit) { Self.resolve(host) } ?? .late
    }

    public func connect(to address: String, port: UInt16) async -> ConnectOutcome {
        let start = ContinuousClock.now
        let failure = await Doctor.bounded(Self.connectLimit + .seconds(1)) {
            Self.dial(address, port)
        }
        guard let failure else { return .failed(ETIMEDOUT) }
        return failure == 0
            ? .connected(seconds: (ContinuousClock.now - start).seconds) : .failed(failure)
    }

    /// getaddrinfo(3) blocks for as long as resolv.conf(5) says.
    private static func resolve(_ host: String) -> LookupOutcome {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, nil, &hints, &list)
        guard failure == 0 else { return .failed(String(cString: gai_strerror(failure))) }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let info = entry?.pointee {
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let size = socklen_t(name.count)
            if getnameinfo(info.ai_addr, info.ai_addrlen, &name, size, nil, 0, NI_NUMERICHOST) == 0
            {
                addresses.append(
                    String(
                        decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
                        as: UTF8.self))
            }
            entry = info.ai_next
        }
        return .found(addresses)
    }

    /// The error number; 0 for a connection, which is closed again.
    private static func dial(_ address: String, _ port: UInt16) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &list) == 0, let info = list?.pointee else {
            return EINVAL
        }
        defer { freeaddrinfo(list) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(info.ai_family, kind, 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        if Glibc.connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 { return 0 }
        guard errno == EINPROGRESS else { return errno }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let limit = connectLimit.components.seconds * 1000
        guard poll(&waiting, 1, Int32(limit)) == 1 else { return ETIMEDOUT }
        var failure: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
        return failure
    }

    public func logIn(_ settings: BrokerSettings, publishing topic: String?) async -> LoginOutcome {
        let connection = MQTTConnection(settings: settings, will: { _ in nil })
        let timer = Doctor.after(Self.loginLimit) {
            Task { await connection.stop(farewell: nil, within: .zero) }
        }
        await connection.start()
        let outcome = await follow(connection, topic)
        timer.cancel()
        await connection.stop(farewell: nil, within: Self.leaveLimit)
        return outcome
    }

    private func follow(_ connection: MQTTConnection, _ topic: String?) async -> LoginOutcome {
        var (version, last) = (ProtocolVersion.v5, LoginOutcome.late)
        for await event in connection.events {
            switch event {
            case .connected(let link):
                version = link.protocolVersion
                guard let topic else { return .accepted(version, published: nil) }
                let message = OutboundMessage(topic: topic, payload: Array("armadio doctor".utf8))
                _ = await connection.publish([message], as: PublishToken(1), over: link)
            case .settled: return .accepted(version, published: .settled)
            case .refused(_, let reason):
                return .accepted(version, published: .refused("\(reason)"))
            case .disconnected(let failure, _):
                guard failure.code != .stopped else { return last }
                last = .failed(failure)
                // A broker that speaks MQTT 3.1.1 alone says so, or closes the connection: it is
                // asked again in that.
                guard failure.code == .protocolVersion || failure.code == .closed else {
                    return last
                }
            case .leaving, .subscriptionRefused: continue
            }
        }
        return last
    }
}
