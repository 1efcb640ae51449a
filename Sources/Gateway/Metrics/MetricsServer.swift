import CLinux
import Glibc
import Logging
import Platform
import Telemetry

/// Serves metrics and health over HTTP/1.1, on a Unix socket and, where it is configured, a TCP port.
///
/// All clients share one thread, which waits for none of them; what they ask is answered from counts
/// that the gateway keeps anyway. That an address cannot be had keeps nothing else from running: it
/// is told by the log, and tried again.
actor MetricsServer {
    /// Answers a path; nil if nothing is there. Called on the server's thread.
    typealias Handler = @Sendable (_ path: String) -> HTTPResponse?

    private let handler: Handler
    private let logger: Logger
    private let patience: Duration
    private let clock = SystemClock()
    private let endpoints: [MetricsEndpoint]
    private var poll: EventPoll?
    private var listeners: [Int32: MetricsEndpoint] = [:]
    private var clients: [Int32: MetricsClient] = [:]
    /// When what could not be opened is tried again.
    private var retry: Instant?
    /// What the log was told of.
    private var troubled: Set<MetricsEndpoint> = []

    private nonisolated let executor = ThreadExecutor(name: "metrics")
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A server for these addresses.
    ///
    /// - Parameter patience: How long a client may take for everything.
    init(
        _ endpoints: [MetricsEndpoint], logger: Logger,
        patience: Duration = MetricsLimits.patience, handler: @escaping Handler
    ) {
        (self.endpoints, self.logger, self.patience) = (endpoints, logger, patience)
        self.handler = handler
    }

    /// Listens from now on, where it can.
    func start() {
        let poll: EventPoll
        do throws(SystemError) {
            poll = try EventPoll()
        } catch {
            return logger.error("there are no metrics: \(error)")
        }
        self.poll = poll
        open()
        executor.watch { [weak self] in
            let deadline = self?.assumeIsolated { $0.nextDeadline }
            return ThreadExecutor.Interest(descriptor: poll.descriptor, deadline: deadline ?? nil)
        } ready: { [weak self] _ in
            self?.assumeIsolated { $0.serve() }
        }
    }

    /// Lets go of all clients and of the addresses.
    func stop() {
        executor.unwatch()
        for endpoint in listeners.values { endpoint.remove() }
        for descriptor in Array(clients.keys) + Array(listeners.keys) { close(descriptor) }
        (clients, listeners) = ([:], [:])
        poll?.end()
        poll = nil
    }

    private var nextDeadline: Instant? {
        (clients.values.map(\.deadline) + [retry].compactMap(\.self)).min()
    }

    // MARK: Addresses

    /// Opens what is not open.
    private func open() {
        retry = nil
        for endpoint in endpoints where !listeners.values.contains(endpoint) {
            do throws(SystemError) {
                let descriptor = try endpoint.listen()
                listeners[descriptor] = endpoint
                poll?.add(descriptor, for: EPOLLIN.rawValue)
                if troubled.remove(endpoint) != nil {
                    logger.notice("metrics are served on \(endpoint) now")
                }
            } catch {
                retry = clock.now() + MetricsLimits.retry
                tell(error, of: endpoint)
            }
        }
    }

    private func tell(_ error: SystemError, of endpoint: MetricsEndpoint) {
        guard troubled.insert(endpoint).inserted else { return }
        let reason =
            error.errno == EADDRINUSE ? "another program answers there" : "\(error.reason)"
        logger.warning(
            "metrics cannot be served on \(endpoint): \(reason); tried again until they can, or name another with `metrics:`"
        )
    }

    // MARK: Clients

    private func serve() {
        for (descriptor, events) in poll?.take() ?? [] {
            if listeners[descriptor] != nil {
                accept(descriptor)
            } else {
                serve(descriptor, events)
            }
        }
        let now = clock.now()
        if let retry, retry <= now { open() }
        for (descriptor, client) in clients where client.deadline <= now {
            if !client.isAnswered { say(HTTPResponse(.requestTimeout), to: descriptor) }
            release(descriptor)
        }
    }

    private func accept(_ listener: Int32) {
        guard let descriptor = ClientSocket.accept(from: listener) else { return }
        guard clients.count < MetricsLimits.clients else {
            say(HTTPResponse(.serviceUnavailable), to: descriptor)
            close(descriptor)
            return
        }
        clients[descriptor] = MetricsClient(deadline: clock.now() + patience)
        poll?.add(descriptor, for: EPOLLIN.rawValue)
    }

    /// To a client that goes at once: as much as its socket takes.
    private func say(_ response: HTTPResponse, to descriptor: Int32) {
        _ = ClientSocket.send(response.bytes()[...], to: descriptor)
    }

    private func release(_ descriptor: Int32) {
        guard clients.removeValue(forKey: descriptor) != nil else { return }
        close(descriptor)
    }

    private func serve(_ descriptor: Int32, _ events: UInt32) {
        if events & EPOLLOUT.rawValue != 0 { flush(descriptor) }
        if events & ~EPOLLOUT.rawValue != 0 { receive(descriptor) }
    }

    private func receive(_ descriptor: Int32) {
        // Let go a moment ago, its number may be another thread's by now.
        guard clients[descriptor] != nil else { return }
        switch ClientSocket.receive(from: descriptor) {
        case .nothing: break
        case .end: end(descriptor)
        case .broken: release(descriptor)
        case .bytes(let bytes): take(bytes, from: descriptor)
        }
    }

    private func take(_ bytes: [UInt8], from descriptor: Int32) {
        clients[descriptor]?.take(bytes)
        guard let client = clients[descriptor], !client.isAnswered else { return }
        switch HTTPRequest.parse(client.input) {
        case .incomplete: break
        case .refused(let status): put(HTTPResponse(status).bytes(), to: descriptor)
        case .request(let request): answer(request, descriptor)
        }
    }

    /// A client sends no more. One that is being answered may still read.
    private func end(_ descriptor: Int32) {
        guard clients[descriptor]?.output.isEmpty == false else { return release(descriptor) }
        poll?.change(descriptor, to: EPOLLOUT.rawValue)
    }

    private func answer(_ request: HTTPRequest, _ descriptor: Int32) {
        let response =
            handler(request.path)
            ?? HTTPResponse(.notFound, "404 Not Found; there are /metrics, /health and /ready")
        put(response.bytes(withBody: request.method == .get), to: descriptor)
    }

    private func put(_ answer: [UInt8], to descriptor: Int32) {
        clients[descriptor]?.answer(answer)
        flush(descriptor)
    }

    private func flush(_ descriptor: Int32) {
        guard let isThere = clients[descriptor]?.flush(descriptor) else { return }
        guard isThere else { return release(descriptor) }
        let isWaiting = clients[descriptor]?.output.isEmpty == false
        poll?.change(descriptor, to: EPOLLIN.rawValue | (isWaiting ? EPOLLOUT.rawValue : 0))
    }
}
