import Glibc
import Platform
import Telemetry

/// How the connection moves on: everything here runs on its thread when the socket is ready or
/// a deadline has passed, and none of it waits.
extension MQTTConnection {
    // MARK: What to wait for

    func interest() -> ThreadExecutor.Interest {
        let interest = nextInterest()
        promise(interest.deadline ?? .latest)
        return interest
    }

    private func nextInterest() -> ThreadExecutor.Interest {
        switch state {
        case .idle, .stopped: ThreadExecutor.Interest(descriptor: -1)
        case .waiting(let next): ThreadExecutor.Interest(descriptor: -1, deadline: next)
        case .running(let session):
            ThreadExecutor.Interest(
                // With nothing to wait for, a connection that breaks would wake it for ever.
                descriptor: wantsRead || session.client.wantsWrite ? session.client.socket : -1,
                wantsRead: wantsRead, wantsWrite: session.client.wantsWrite,
                deadline: deadline(of: session))
        }
    }

    private func deadline(of session: Session) -> Instant {
        // The library may have closed its socket without an error; a tick brings it to light.
        guard session.client.socket >= 0, !(hasMore && wantsRead) else { return clock.now() }
        guard session.link != nil else { return session.began + settings.connectTimeout }
        var next = session.nextTick
        if let oldest = session.outstanding.first {
            next = min(next, oldest.sent + settings.inFlightAge)
        }
        next = min(next, session.nextLook ?? next, session.leaving?.deadline ?? next)
        return stopper.map { min(next, $0.deadline) } ?? next
    }

    func advance(_ readiness: ThreadExecutor.Readiness) {
        promise(clock.now())
        switch state {
        case .waiting(let next) where next <= clock.now(): connect()
        case .running: drive(readiness)
        case .idle, .waiting, .stopped: break
        }
        releaseStopper()
    }

    // MARK: Connecting

    private func connect() {
        promise(clock.now() + MQTTConnection.longestLookup)
        do {
            hasMore = false
            if bindings.isEmpty { bindings = try bindAddresses(for: settings.host) }
            let client = try settings.makeClient(
                version: version, will: will(connects + 1), window: window)
            let (now, interval) = (clock.now(), tickInterval(Int(settings.keepAliveSeconds)))
            state = .running(
                Session(
                    client: client, began: now, nextTick: now + interval, tickInterval: interval))
            begin(client)
        } catch {
            fail(error)
        }
    }

    private func begin(_ client: MosquittoClient) {
        do {
            try client.connect(
                host: settings.host, port: settings.port,
                keepAlive: settings.keepAliveSeconds, bind: bindings.removeFirst())
        } catch {
            return fail(context(of: client).failure(error))
        }
        if settings.tls?.sharedKey != nil, let reason = client.refuseCertificates() {
            fail(context(of: client).tls(reason))
        }
    }

    // MARK: Driving

    private func drive(_ readiness: ThreadExecutor.Readiness) {
        countBytes()
        guard case .running(var session) = state else { return }
        let client = session.client
        if !session.isTCPUp && (readiness.canRead || readiness.canWrite) {
            let code = socketError(client.socket)
            // A connection that was reset has been up, and what came before that says why.
            guard code == 0 || code == ECONNRESET else {
                return fail(context(of: client).system(code))
            }
            session.isTCPUp = true
            // The library sends CONNECT now.
            connects += 1
            state = .running(session)
        }
        do {
            if inbound.heldBytes != nil {
                if readiness.canRead || hasMore { try readHeld(client) }
            } else if readiness.canRead {
                try client.read()
            }
            if readiness.canWrite { try client.write() }
            try tick(client)
            record(client.takeHappenings())
        } catch {
            // What came before the end (a refusal, a receipt) explains more than the end.
            record(client.takeHappenings())
            if isDriving(client) { fail(context(of: client).failure(error)) }
        }
        if isDriving(client) { checkAges() }
        if isDriving(client) { seeToBrokers() }
    }

    private func countBytes() {
        guard case .running(var session) = state else { return }
        counts.withLock { session.wire.count(of: session.client.socket, into: &$0) }
        state = .running(session)
    }

    /// Busy or idle, the library gets its time: with much to read and nothing to write, nothing
    /// else would tell the broker that we are there.
    private func tick(_ client: MosquittoClient) throws(MosquittoClient.Failure) {
        guard case .running(var session) = state else { return }
        let now = clock.now()
        guard session.nextTick <= now || client.socket < 0 else { return }
        session.nextTick = now + session.tickInterval
        state = .running(session)
        try client.tick()
    }

    /// A sixth of the keep-alive: a ping is late by no more, and a broker waits a half longer.
    private func tickInterval(_ keepAliveSeconds: Int) -> Duration {
        max(.milliseconds(250), .seconds(keepAliveSeconds) / 6)
    }

    func isDriving(_ client: MosquittoClient) -> Bool {
        if case .running(let session) = state { session.client === client } else { false }
    }

    private func checkAges() {
        guard case .running(let session) = state else { return }
        let now = clock.now()
        if session.link == nil, now >= session.began + settings.connectTimeout {
            fail(
                context(of: session.client).timeout(
                    tcpUp: session.isTCPUp || hasPeer(session.client.socket)))
        } else if let oldest = session.outstanding.first,
            now >= oldest.sent + settings.inFlightAge
        {
            fail(context(of: session.client).tooOld())
        }
    }

    /// A connection on this machine is up at once, without a socket that becomes ready.
    private func hasPeer(_ descriptor: Int32) -> Bool {
        var (address, length) = (sockaddr(), socklen_t(MemoryLayout<sockaddr>.size))
        return getpeername(descriptor, &address, &length) == 0
    }

    private func socketError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
        return code
    }

    // MARK: What the callbacks wrote down

    func record(_ happenings: [MosquittoClient.Happening]) {
        for happening in happenings {
            guard case .running(let session) = state else { return }
            switch happening {
            case .connack(0, let offer): linkUp(offer)
            case .connack(let code, _): refused(code)
            case .disconnect(let code) where code >= 0x80:
                let reason = ReasonCode(rawValue: UInt8(truncatingIfNeeded: code))
                fail(context(of: session.client).goodbye(reason))
            case .disconnect: break
            case .published(let packet, let reason): receipt(packet, reason)
            case .subscribed(let packet, let reason): subscribed(packet, reason)
            case .message(let message): received(message)
            }
        }
    }

    private func linkUp(_ offer: MosquittoClient.Offer) {
        guard case .running(var session) = state, session.link == nil else { return }
        linkNumber += 1
        let link = Link(
            number: linkNumber, connect: connects, broker: settings.address,
            isPreferred: broker == 0, protocolVersion: version,
            window: min(window, offer.receiveMaximum.map(Int.init) ?? window),
            maximumPacketSize: offer.maximumPacketSize.map(Int.init))
        session.link = link
        session.began = clock.now()
        if let keepAlive = offer.keepAlive, keepAlive > 0 {
            session.tickInterval = tickInterval(Int(keepAlive))
        }
        session.nextTick = session.began + session.tickInterval
        session.nextLook = nextLook()
        state = .running(session)
        (bindings, failures) = ([], [])
        count { $0.links += 1 }
        eventSink.yield(.connected(link))
        for (filter, qos) in subscriptions { request(filter, qos) }
    }

    /// The broker refused in CONNACK. A version it does not speak is left at once and for good.
    private func refused(_ code: UInt8) {
        guard case .running(let session) = state else { return }
        let failure = context(of: session.client).refusal(code)
        if failure.code == .protocolVersion, version == .v5,
            settings.protocolChoice == .automatic
        {
            version = .v311
            bindings = []
            state = .waiting(until: clock.now())
        } else {
            fail(failure)
        }
    }

    private func receipt(_ packet: Int32, _ reason: ReasonCode) {
        guard case .running(var session) = state,
            let index = session.outstanding.firstIndex(where: { $0.packet == packet })
        else { return }
        let message = session.outstanding.remove(at: index)
        state = .running(session)
        if message.isAnswered { count(reason, after: clock.now() - message.sent) }
        if let token = message.token { answered(token, reason) }
    }

    private func subscribed(_ packet: Int32, _ reason: ReasonCode) {
        guard case .running(var session) = state,
            let filter = session.subscribing.removeValue(forKey: packet)
        else { return }
        state = .running(session)
        if reason.isFailure { eventSink.yield(.subscriptionRefused(filter, reason)) }
    }

    // MARK: The end of a link

    private func context(of client: MosquittoClient) -> FailureContext {
        var wasUp = false
        if case .running(let session) = state { wasUp = session.link != nil }
        return FailureContext(
            settings: settings, wasUp: wasUp, complaint: client.complaint,
            handshake: client.handshake, clock: clock.anchor())
    }

    /// The link is down or was not made: the client is destroyed, with all that it knew.
    func fail(_ failure: ConnectionFailure) {
        countBytes()
        var lasted: Duration?
        if case .running(let session) = state, session.link != nil {
            lasted = clock.now() - session.began
        }
        if let lasted, lasted >= MQTTConnection.stableAfter { backoff.succeed() }
        let networkFailures: Set<ConnectionFailure.Code> = [.refused, .unreachable, .timeout]
        if lasted == nil, !bindings.isEmpty, networkFailures.contains(failure.code) {
            state = .waiting(until: clock.now())
            return
        }
        bindings = []
        failures.append(failure)
        if lasted == nil { count { $0.failedTries += 1 } }
        chooseVersion(after: lasted == nil ? failure : nil)
        guard hasNextBroker(after: lasted) else { return wait(until: clock.now() + backoff.next()) }
        state = .waiting(until: clock.now())
    }

    /// A broker that does not know MQTT 5 may close the connection without a word (RabbitMQ 3.10 does).
    /// Twice in a row without an answer, the other version is tried: once may be any broker that stops.
    private func chooseVersion(after failure: ConnectionFailure?) {
        guard settings.protocolChoice == .automatic, failure?.code == .closed else {
            return unanswered[broker] = 0
        }
        unanswered[broker] += 1
        guard unanswered[broker] >= MQTTConnection.unansweredTries else { return }
        unanswered[broker] = 0
        version = version == .v5 ? .v311 : .v5
    }

    private func wait(until next: Instant) {
        state = .waiting(until: next)
        isWaitingForClock = failures.contains { $0.code == .clockNotSet }
        eventSink.yield(
            .disconnected(ConnectionFailure(all: failures), nextTry: isStopping ? nil : next))
        failures = []
    }
}
