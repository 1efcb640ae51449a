import Platform
import Telemetry

/// Which broker is spoken to. They are tried in the order of the configuration, each once in a
/// round, without a pause; behind the last one comes the backoff's pause, and the first one again.
///
/// On a broker that is not the first, those before it are looked at every `failBack`: by a
/// connection of its own under another client identifier, which ends as soon as the broker has
/// answered. The link stays up until then, is left when nothing is outstanding, and its will is
/// published: for those who listen there, the gateway is gone.
extension MQTTConnection {
    /// The broker that is tried or spoken to.
    var settings: BrokerSettings { brokers[broker] }

    /// The version spoken with it.
    var version: ProtocolVersion {
        get { versions[broker] }
        set { versions[broker] = newValue }
    }

    /// Goes on to the next broker. Whether it is to be tried at once: not when a round is over,
    /// nor when a link was lost.
    ///
    /// - Parameter lasted: How long the lost link was up; nil if there was none. A broker that
    ///   drops the link right away counts as one that cannot be reached.
    func hasNextBroker(after lasted: Duration?) -> Bool {
        let isOver = broker + 1 >= brokers.count
        let wasStable = lasted.map { $0 >= MQTTConnection.stableAfter } ?? false
        broker = isOver || wasStable ? 0 : broker + 1
        return !isOver && lasted == nil
    }

    /// The wall clock was set, or a time source has it now: a certificate that was not valid yet
    /// may be valid, so that the next try is now.
    public func clockChanged() {
        guard isWaitingForClock, case .waiting = state else { return }
        isWaitingForClock = false
        state = .waiting(until: clock.now())
    }

    // MARK: Back to the first

    /// When the brokers before the present one are looked at next; nil on the first.
    func nextLook() -> Instant? {
        guard broker > 0 else { return nil }
        let interval = max(.milliseconds(1), settings.failBack).nanoseconds
        return clock.now() + .nanoseconds(interval + Int64.random(in: 0...interval / 2))
    }

    /// Looks at the brokers before the present one when it is time, and goes over when it is.
    func seeToBrokers() {
        guard case .running(var session) = state, let link = session.link, !isStopping else {
            return
        }
        if let leaving = session.leaving {
            guard session.outstanding.isEmpty || leaving.deadline <= clock.now() else { return }
            return goOver(to: leaving.broker)
        }
        guard let next = session.nextLook, next <= clock.now() else { return }
        session.nextLook = nil
        state = .running(session)
        let earlier = Array(brokers[..<broker])
        look = Task { [weak self] in
            let finding = await MQTTConnection.firstBack(of: earlier)
            await self?.take(finding, on: link)
        }
    }

    /// What a look at brokers has found.
    enum Finding: Sendable {
        /// This one is back.
        case back(Int)
        /// None is; why.
        case none(ConnectionFailure)
    }

    private static func firstBack(of brokers: [BrokerSettings]) async -> Finding {
        var failures: [ConnectionFailure] = []
        for (index, settings) in brokers.enumerated() {
            guard let failure = await failure(of: settings) else { return .back(index) }
            failures.append(failure)
        }
        return .none(ConnectionFailure(all: failures))
    }

    /// Connects once, on a thread of its own. Nil if the broker has answered: also one that does
    /// not know the other client identifier is there.
    private static func failure(of settings: BrokerSettings) async -> ConnectionFailure? {
        var settings = settings
        settings.clientID += "-look"
        settings.disconnectsWithWill = false
        let connection = MQTTConnection(settings: settings, will: { _ in nil })
        await connection.start()
        var failure: ConnectionFailure? = ConnectionFailure(.stopped, "stopped")
        loop: for await event in connection.events {
            switch event {
            case .connected: failure = nil
            case .disconnected(let reason, _):
                let answers: Set<ConnectionFailure.Code> = [.clientIdentifier, .notAuthorized]
                failure = answers.contains(reason.code) ? nil : reason
            case .settled, .refused, .subscriptionRefused, .leaving: continue
            }
            break loop
        }
        await connection.stop(farewell: nil, within: .zero)
        return failure
    }

    private func take(_ finding: Finding, on link: Link) {
        look = nil
        guard case .running(var session) = state, session.link == link, !isStopping else { return }
        switch finding {
        case .none(let failure):
            count { $0.preferredFailure = failure }
            session.nextLook = nextLook()
            state = .running(session)
        case .back(let broker):
            let deadline = clock.now() + MQTTConnection.leavingLimit
            session.leaving = Leaving(deadline: deadline, broker: broker)
            state = .running(session)
            eventSink.yield(.leaving(by: deadline))
            seeToBrokers()
        }
    }

    private func goOver(to next: Int) {
        guard case .running(let session) = state else { return }
        var words =
            "\(brokers[next].address) is back; the link to \(settings.address) was left for it"
        // On 3.1.1, which has no word for it, the end of the connection asks for the will.
        if version == .v5 {
            do { try session.client.disconnect(withWill: true) } catch {
                words += "; goodbye: \(error.reason)"
            }
        }
        count { $0.preferredFailure = nil }
        (broker, failures, bindings) = (next, [], [])
        let now = clock.now()
        state = .waiting(until: now)
        eventSink.yield(.disconnected(ConnectionFailure(.failBack, words), nextTry: now))
    }
}
