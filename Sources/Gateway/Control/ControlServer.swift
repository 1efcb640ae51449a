import CLinux
import Glibc
import Logging
import Platform
import Synchronization
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
    private let patience: Duration
    private let handler: Handler
    private let streams: Streams
    private let logger: Logger
    private let clock = SystemClock()
    private var listener: Int32 = -1
    private var poll: EventPoll?
    private var clients: [Int32: ControlConnection] = [:] {
        didSet { clientCount.store(clients.count, ordering: .relaxed) }
    }
    /// How many clients there are; anybody may look.
    nonisolated let clientCount = Atomic(0)
    private var clientsEver: UInt64 = 0
    /// Whether it was logged that there is no room, since there last was.
    private var isFullnessTold = false

    private nonisolated let executor = ThreadExecutor(name: "control")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A server that will listen on this path.
    ///
    /// - Parameter patience: How long a client may be silent, or not read.
    public init(
        path: String, logger: Logger, patience: Duration = ControlLimits.patience,
        streams: @escaping Streams = { _ in nil }, handler: @escaping Handler
    ) {
        (self.path, self.logger, self.patience) = (path, logger, patience)
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
        let poll: EventPoll
        do throws(SystemError) {
            listener = try ControlSocket.listen(on: path)
            poll = try EventPoll()
        } catch {
            throw Failure(cause: error)
        }
        self.poll = poll
        poll.add(listener, for: EPOLLIN.rawValue)
        executor.watch { [weak self] in
            let deadline = self?.assumeIsolated { $0.nextDeadline }
            return ThreadExecutor.Interest(descriptor: poll.descriptor, deadline: deadline ?? nil)
        } ready: { [weak self] _ in
            self?.assumeIsolated { $0.serve() }
        }
    }

    /// Lets go of all clients and of the socket.
    public func stop() {
        guard listener >= 0 else { return }
        executor.unwatch()
        for descriptor in clients.keys { release(descriptor) }
        // Behind the close it may be another gateway's.
        unlink(path)
        close(listener)
        poll?.end()
        listener = -1
    }

    private var nextDeadline: Instant? {
        clients.values.filter(\.isToBlame).map(\.lastProgress).min().map { $0 + patience }
    }

    private func serve() {
        for (descriptor, events) in poll?.take() ?? [] {
            if descriptor == listener { accept() } else { serve(descriptor, events) }
        }
        let now = clock.now()
        for (descriptor, client) in clients
        where client.isToBlame && client.lastProgress + patience <= now {
            release(descriptor)
        }
    }

    private func accept() {
        guard let descriptor = ClientSocket.accept(from: listener) else { return }
        guard clients.count < ControlLimits.clients else { return turnAway(descriptor) }
        guard let peer = ControlPeer(of: descriptor) else {
            close(descriptor)
            return
        }
        clientsEver += 1
        clients[descriptor] = ControlConnection(
            number: clientsEver, peer: peer, now: clock.now())
        poll?.add(descriptor, for: EPOLLIN.rawValue)
    }

    /// Says to one client too many that it is.
    private func turnAway(_ descriptor: Int32) {
        if !isFullnessTold {
            logger.warning("control socket: \(clients.count) clients, no more are let in")
            isFullnessTold = true
        }
        _ = ClientSocket.send(Self.full[...], to: descriptor)
        close(descriptor)
    }

    /// Lets a client go with a word, if it has room for it and no answer is in the middle.
    private func dismiss(_ descriptor: Int32, _ answer: [UInt8]) {
        if clients[descriptor]?.output.isEmpty ?? false {
            _ = ClientSocket.send(answer[...], to: descriptor)
        }
        release(descriptor)
    }

    private func release(_ descriptor: Int32) {
        guard let client = clients.removeValue(forKey: descriptor) else { return }
        client.stream?.cancel()
        close(descriptor)
        isFullnessTold = false
    }

    private func serve(_ descriptor: Int32, _ events: UInt32) {
        if events & EPOLLOUT.rawValue != 0 {
            flush(descriptor)
            answerNext(descriptor)
        }
        let isGone = events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
        if isGone || events & EPOLLIN.rawValue != 0 { receive(descriptor, isGone: isGone) }
    }

    private func receive(_ descriptor: Int32, isGone: Bool) {
        // Let go a moment ago, its number may be another thread's by now.
        guard clients[descriptor] != nil else { return }
        switch ClientSocket.receive(from: descriptor) {
        case .nothing: break
        case .end where !isGone: end(descriptor)
        case .end, .broken: release(descriptor)
        case .bytes(let bytes): take(bytes, from: descriptor)
        }
    }

    private func take(_ bytes: [UInt8], from descriptor: Int32) {
        // What comes while a stream goes out nobody has asked for; nor is it a sign of reading.
        guard clients[descriptor]?.stream == nil else { return }
        clients[descriptor]?.take(bytes, now: clock.now())
        if clients[descriptor]?.input.count ?? 0 > ControlLimits.requestBytes || !hasRoom {
            dismiss(descriptor, Self.tooLong)
        } else {
            answerNext(descriptor)
        }
    }

    /// A client will ask no more: it goes when it has its answers.
    private func end(_ descriptor: Int32) {
        clients[descriptor]?.isFinished = true
        watchClient(descriptor)
        answerNext(descriptor)
    }

    private var hasRoom: Bool {
        clients.values.reduce(0) { $0 + $1.input.count } <= ControlLimits.requestBytesOfAll
    }

    /// Begins to answer the next whole request of a client, if there is one. Others have their turn
    /// before the one after it.
    private func answerNext(_ descriptor: Int32) {
        guard let line = clients[descriptor]?.nextLine(), let client = clients[descriptor] else {
            if clients[descriptor]?.isDone ?? false { release(descriptor) }
            return
        }
        let request = request(line)
        if let request, let feed = streams(request) {
            return stream(feed, to: descriptor, client.number)
        }
        clients[descriptor]?.isBeingAnswered = true
        Task(executorPreference: executor) { [handler] in
            var answer = Self.misunderstood
            if let request { answer = ControlCoding.encode(await handler(request, client.peer)) }
            await self.deliver(answer, to: descriptor, client.number)
        }
    }

    private static let misunderstood = refusal(
        #"a request is one JSON object a line, such as {"command":"status"}"#)
    private static let tooLong = refusal(
        "a request has at most \(ControlLimits.requestBytes) bytes, and those of all clients "
            + "together \(ControlLimits.requestBytesOfAll)")
    private static let full = refusal(
        "\(ControlLimits.clients) clients are served already; end one, such as an `armadio watch`, "
            + "or try again later")

    private static func refusal(_ error: String) -> [UInt8] {
        ControlCoding.encode(ControlResponse(error: error))
    }

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
        guard let client = clients[descriptor], client.number == number, client.output.isEmpty,
            let response = feed.next()
        else { return }
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
        clients[descriptor]?.put(answer, now: clock.now())
        flush(descriptor)
    }

    private func flush(_ descriptor: Int32) {
        guard let output = clients[descriptor]?.output else { return }
        guard let count = ClientSocket.send(output, to: descriptor) else {
            return release(descriptor)
        }
        if count > 0 { clients[descriptor]?.taken(count, now: clock.now()) }
        watchClient(descriptor)
    }

    private func watchClient(_ descriptor: Int32) {
        guard let client = clients[descriptor] else { return }
        let input = client.isFinished ? 0 : EPOLLIN.rawValue
        let output = client.output.isEmpty ? 0 : EPOLLOUT.rawValue
        poll?.change(descriptor, to: input | output)
    }
}
