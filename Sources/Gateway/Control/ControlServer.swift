import CLinux
import Glibc
import Logging
import Platform
import Telemetry

/// Serves the control socket: a Unix socket for root and the group `armadio` alone.
///
/// All clients share one thread and none can hold it: reads and writes never block, requests and
/// answers are bounded, and who is silent or does not read is let go in the end.
public actor ControlServer {
    /// Why the socket could not be opened.
    public struct Failure: Error, CustomStringConvertible {
        /// What the system said.
        public var cause: SystemError

        public var description: String {
            cause.errno == EADDRINUSE
                ? "control socket \(cause.subject): another gateway answers there; stop it, or "
                    + "name another path with `control: {socket: PATH}`"
                : "control socket \(cause.subject): \(cause.reason); let this user write to its "
                    + "folder, or name another path with `control: {socket: PATH}`"
        }
    }

    /// Answers one request; called on the server's thread, may suspend but must not block.
    public typealias Handler = @Sendable (ControlRequest, ControlPeer) async -> ControlResponse
    /// The stream that a request asks for; nil if it asks for none.
    public typealias Streams = @Sendable (ControlRequest) -> ControlFeed?

    private let path: String
    private let handler: Handler
    private let streams: Streams
    private let logger: Logger
    private let clock = SystemClock()
    private var listener: Int32 = -1
    private var poller: Int32 = -1
    private var clients: [Int32: Client] = [:]

    private nonisolated let executor = ThreadExecutor(name: "control")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private struct Client {
        var input: [UInt8] = []
        var output: ArraySlice<UInt8> = []
        var lastProgress: Instant
        /// Tells it from a later client with the same descriptor.
        var number: UInt64
        /// Whether a request of its is being answered: the next one waits.
        var isBeingAnswered = false
        let peer: ControlPeer
        /// What it is sent again and again; it ends with the client.
        var stream: Task<Void, Never>?
    }

    private var clientsEver: UInt64 = 0

    /// A server that will listen on this path.
    public init(
        path: String, logger: Logger, streams: @escaping Streams = { _ in nil },
        handler: @escaping Handler
    ) {
        self.path = path
        self.logger = logger
        self.handler = handler
        self.streams = streams
    }

    /// Listens from now on. A socket file left by a program that is gone is replaced.
    ///
    /// - Throws: `Failure`; EADDRINUSE if another daemon answers on this path.
    public func start() throws(Failure) {
        guard !ControlSocket.isServed(path) else {
            throw Failure(cause: SystemError("bind", path, errno: EADDRINUSE))
        }
        do throws(SystemError) {
            listener = try ControlSocket.listen(on: path)
        } catch {
            throw Failure(cause: error)
        }
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard poller >= 0 else { throw Failure(cause: SystemError("epoll_create1", path)) }
        watch(listener, for: EPOLLIN.rawValue, EPOLL_CTL_ADD)
        let poller = poller
        executor.watch { [weak self] in
            let deadline = self?.assumeIsolated { $0.nextDeadline }
            return ThreadExecutor.Interest(descriptor: poller, deadline: deadline ?? nil)
        } ready: { [weak self] _ in
            self?.assumeIsolated { $0.serve() }
        }
    }

    /// Lets go of all clients and of the socket.
    public func stop() {
        guard listener >= 0 else { return }
        executor.unwatch()
        for descriptor in clients.keys { release(descriptor) }
        close(listener)
        close(poller)
        listener = -1
        unlink(path)
    }

    private var nextDeadline: Instant? {
        clients.values.filter { !$0.isBeingAnswered }.map(\.lastProgress).min()
            .map { $0 + ControlLimits.patience }
    }

    private func watch(_ descriptor: Int32, for events: UInt32, _ operation: Int32) {
        var event = epoll_event(events: events, data: epoll_data(fd: descriptor))
        epoll_ctl(poller, operation, descriptor, &event)
    }

    private func serve() {
        var events = [epoll_event](repeating: epoll_event(), count: 16)
        let count = epoll_wait(poller, &events, Int32(events.count), 0)
        for event in events.prefix(Int(max(0, count))) {
            if event.data.fd == listener { accept() } else { serve(event.data.fd, event.events) }
        }
        let now = clock.now()
        for (descriptor, client) in clients
        where !client.isBeingAnswered && client.lastProgress + ControlLimits.patience <= now {
            release(descriptor)
        }
    }

    private func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        guard clients.count < ControlLimits.clients else {
            logger.warning("control socket: \(clients.count) clients, one more was let go")
            close(descriptor)
            return
        }
        guard let peer = ControlPeer(of: descriptor) else {
            close(descriptor)
            return
        }
        ControlSocket.makeNonblocking(descriptor)
        clientsEver += 1
        clients[descriptor] = Client(lastProgress: clock.now(), number: clientsEver, peer: peer)
        watch(descriptor, for: EPOLLIN.rawValue, EPOLL_CTL_ADD)
    }

    private func release(_ descriptor: Int32) {
        clients[descriptor]?.stream?.cancel()
        clients[descriptor] = nil
        close(descriptor)
    }

    private func serve(_ descriptor: Int32, _ events: UInt32) {
        if events & EPOLLOUT.rawValue != 0 { flush(descriptor) }
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            receive(descriptor)
        }
    }

    private func receive(_ descriptor: Int32) {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        guard count > 0, var client = clients[descriptor] else { return release(descriptor) }
        client.lastProgress = clock.now()
        client.input += chunk[..<count]
        clients[descriptor] = client
        let isTooLong = client.input.count > ControlLimits.requestBytes || !hasRoom
        let isGreedy = client.output.count > ControlLimits.responseBytes
        if isTooLong || isGreedy { release(descriptor) } else { answerNext(descriptor) }
    }

    private var hasRoom: Bool {
        clients.values.reduce(0) { $0 + $1.input.count } <= ControlLimits.requestBytesOfAll
    }

    /// Begins to answer the next whole request of a client, if there is one.
    private func answerNext(_ descriptor: Int32) {
        while let client = clients[descriptor], !client.isBeingAnswered, client.stream == nil,
            let end = client.input.firstIndex(of: UInt8(ascii: "\n"))
        {
            let line = Array(client.input[..<end])
            clients[descriptor]?.input.removeSubrange(...end)
            guard let request = request(line) else {
                put(Self.misunderstood, to: descriptor)
                continue
            }
            if let feed = streams(request) { return stream(feed, to: descriptor, client.number) }
            clients[descriptor]?.isBeingAnswered = true
            let (number, peer) = (client.number, client.peer)
            Task(executorPreference: executor) {
                let answer = ControlCoding.encode(await self.handler(request, peer))
                await self.deliver(answer, to: descriptor, number)
            }
        }
    }

    private static let misunderstood = ControlCoding.encode(
        ControlResponse(
            error: #"a request is one JSON object a line, such as {"command":"status"}"#))

    private func request(_ line: [UInt8]) -> ControlRequest? {
        guard ControlCoding.isShallow(line) else { return nil }
        do {
            return try ControlCoding.decode(ControlRequest.self, from: line)
        } catch {
            return nil
        }
    }

    /// Sends what a feed has, again and again, until the client goes.
    private func stream(_ feed: ControlFeed, to descriptor: Int32, _ number: UInt64) {
        clients[descriptor]?.lastProgress = clock.now()
        clients[descriptor]?.stream = Task(executorPreference: executor) {
            while !Task.isCancelled {
                await self.feed(feed, to: descriptor, number)
                do throws(CancellationError) {
                    try await self.executor.sleep(until: self.executor.now + feed.interval)
                } catch {
                    return
                }
            }
        }
    }

    /// One look, unless the client has not yet read the one before: it never has more than one.
    private func feed(_ feed: ControlFeed, to descriptor: Int32, _ number: UInt64) {
        guard let client = clients[descriptor], client.number == number, client.output.isEmpty
        else { return }
        // Who has read everything is not to blame for a quiet stream.
        clients[descriptor]?.lastProgress = clock.now()
        guard let response = feed.next() else { return }
        put(ControlCoding.encode(response), to: descriptor)
    }

    private func deliver(_ answer: [UInt8], to descriptor: Int32, _ number: UInt64) {
        // The client may be gone, and another one have its descriptor.
        guard clients[descriptor]?.number == number else { return }
        clients[descriptor]?.isBeingAnswered = false
        put(answer, to: descriptor)
        answerNext(descriptor)
    }

    private func put(_ answer: [UInt8], to descriptor: Int32) {
        clients[descriptor]?.output += answer
        clients[descriptor]?.lastProgress = clock.now()
        flush(descriptor)
    }

    private func flush(_ descriptor: Int32) {
        guard var client = clients[descriptor] else { return }
        while !client.output.isEmpty {
            let count = client.output.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { break }
            guard count > 0 else { return release(descriptor) }
            client.output.removeFirst(count)
            client.lastProgress = clock.now()
        }
        let wanted = EPOLLIN.rawValue | (client.output.isEmpty ? 0 : EPOLLOUT.rawValue)
        clients[descriptor] = client
        watch(descriptor, for: wanted, EPOLL_CTL_MOD)
    }
}
