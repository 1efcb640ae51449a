import CModbus
import Glibc
import Platform
import Telemetry

/// The simulated field's one thread: waits for all clients, answers each by libmodbus.
actor FieldServer {
    private let executor = ThreadExecutor(name: "modbus-field")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let options: ModbusFieldSimulator.Options
    private let faults: Faults
    private let clock = SystemClock()
    /// Ends, and so becomes readable, when the server is to stop.
    private let stop: Int32
    private var units: [UInt8: FieldUnit] = [:]
    private var clients: [FieldClient] = []

    init(_ options: ModbusFieldSimulator.Options, faults: Faults, stop: Int32) {
        self.options = options
        self.faults = faults
        self.stop = stop
    }

    deinit {
        close(stop)
    }

    // MARK: Listening

    /// What libmodbus answers with, and the socket that it listens on.
    struct Listener: ~Copyable {
        let context: OpaquePointer
        let descriptor: Int32

        init(host: String, port: UInt16) throws(SystemError) {
            guard let context = modbus_new_tcp_pi(host, String(port)) else {
                throw SystemError("modbus_new_tcp_pi", host)
            }
            let descriptor = modbus_tcp_pi_listen(context, 64)
            guard descriptor >= 0 else {
                let error = SystemError("listen", "\(host):\(port)")
                modbus_free(context)
                throw error
            }
            self.context = context
            self.descriptor = descriptor
            // A client that is gone again before it is accepted must not hold the others.
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            // libmodbus sleeps for the response time-out before some refusals.
            modbus_set_response_timeout(context, 0, 1)
        }

        deinit {
            close(descriptor)
            modbus_free(context)
        }

        var port: UInt16 {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            return withUnsafeMutableBytes(of: &address) { bytes in
                let start = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
                guard getsockname(descriptor, start, &length) == 0 else { return 0 }
                // The port stands behind the family, for IPv4 and IPv6 alike.
                return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            }
        }
    }

    /// Serves until the stop descriptor is readable. Blocks its own thread.
    ///
    /// - Parameter ready: Called with the port once clients can connect.
    func run(ready: sending (Result<UInt16, SystemError>) -> Void) {
        do throws(SystemError) {
            let listener = try Listener(host: options.host, port: options.port)
            for unit in options.units {
                units[unit] = FieldUnit(unit: unit, profile: options.profile)
            }
            ready(.success(listener.port))
            while !isStopped(listener) {}
        } catch {
            ready(.failure(error))
        }
        clients = []
    }

    /// Waits once and does what has become due. Returns whether it is time to stop.
    private func isStopped(_ listener: borrowing Listener) -> Bool {
        var waits = [stop, listener.descriptor].map(Self.readable)
        waits += clients.map { Self.readable($0.descriptor) }
        let due = clients.compactMap(\.nextDue).min()
        let left = due.map { max(.zero, $0 - clock.now()).nanoseconds / 1_000_000 + 1 } ?? -1
        _ = poll(&waits, nfds_t(waits.count), Int32(clamping: left))
        for (client, wait) in zip(clients, waits.dropFirst(2)) where wait.revents != 0 {
            for request in client.requests() { take(request, from: client, listener) }
        }
        let now = clock.now()
        for client in clients {
            for request in client.takeDue(at: now) { answer(request, to: client, listener) }
        }
        clients.removeAll { !$0.isOpen }
        if waits[1].revents != 0 { accept(listener) }
        return waits[0].revents != 0
    }

    private static func readable(_ descriptor: Int32) -> pollfd {
        pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    }

    private func accept(_ listener: borrowing Listener) {
        let descriptor = Glibc.accept(listener.descriptor, nil, nil)
        guard descriptor >= 0 else { return }
        // Released at once, and so closed, if there are too many.
        let client = FieldClient(descriptor: descriptor)
        if clients.count < ModbusFieldSimulator.mostClients { clients.append(client) }
    }

    // MARK: Answering

    private func take(
        _ request: FieldRequest, from client: FieldClient, _ listener: borrowing Listener
    ) {
        switch faults[request.unit] {
        case .mute: break
        case .slow(let delay): client.delay(request, until: clock.now() + delay)
        case .exception(let code): client.send(request.refusal(code))
        case .garbage: client.send(request.garbage())
        case .swapped, nil: answer(request, to: client, listener)
        }
    }

    private func answer(
        _ request: FieldRequest, to client: FieldClient, _ listener: borrowing Listener
    ) {
        guard let unit = units[request.unit] else {
            return client.send(request.refusal(UInt8(MODBUS_EXCEPTION_GATEWAY_TARGET)))
        }
        guard request.isKnown else {
            return client.send(request.refusal(UInt8(MODBUS_EXCEPTION_ILLEGAL_FUNCTION)))
        }
        guard request.isWhole else {
            return client.send(request.refusal(UInt8(MODBUS_EXCEPTION_ILLEGAL_DATA_VALUE)))
        }
        if let registers = request.reads {
            unit.refresh(registers, at: .now(), isSwapped: faults[request.unit] == .swapped)
        }
        modbus_set_socket(listener.context, client.descriptor)
        let count = Int32(request.bytes.count)
        let sent = modbus_reply(listener.context, request.bytes, count, unit.mapping)
        if sent < 0 { client.disconnect() }
        if let registers = request.writes { unit.keep(registers) }
    }
}
