import Glibc
import Platform
import Telemetry

extension MQTTConnection {
    /// Hands a message to the library. What it writes at once it writes; the rest follows when
    /// the socket has room.
    func send(_ message: OutboundMessage, as token: PublishToken?) {
        guard case .running(var session) = state else { return }
        do {
            let packet = try session.client.publish(message)
            session.outstanding.append(
                Outstanding(
                    packet: packet, token: token, sent: clock.now(),
                    isAnswered: message.qos == .atLeastOnce))
            state = .running(session)
            count { $0.publishes += 1 }
            // A message that needs no receipt may have been written by now.
            record(session.client.takeHappenings())
        } catch {
            // A broken connection shows itself to the loop, which then reports it; every other
            // error is the message's own.
            guard !error.isConnection else {
                session.outstanding.append(
                    Outstanding(packet: -1, token: token, sent: clock.now(), isAnswered: true))
                state = .running(session)
                return
            }
            count { $0.refused += 1 }
            if let token { answered(token, error.reasonCode) }
        }
    }

    func count(_ change: (inout LinkStatistics) -> Void) {
        counts.withLock { change(&$0) }
    }

    /// Counts the broker's word.
    func count(_ reason: ReasonCode, after roundTrip: Duration) {
        count {
            $0.roundTrips.note(roundTrip)
            if reason.isFailure { $0.refused += 1 } else { $0.acknowledged += 1 }
        }
    }

    /// One message of a group is settled or refused; the last one decides.
    func answered(_ token: PublishToken, _ reason: ReasonCode) {
        guard case .running(var session) = state, var group = session.groups[token] else { return }
        group.left -= 1
        if reason.isFailure { group.refusal = group.refusal ?? reason }
        session.groups[token] = group.left > 0 ? group : nil
        state = .running(session)
        guard group.left <= 0 else { return }
        eventSink.yield(group.refusal.map { .refused(token, $0) } ?? .settled(token))
    }

    /// Subscribes on the present link, if there is one.
    func request(_ filter: String, _ qos: QualityOfService) {
        guard case .running(var session) = state, session.link != nil else { return }
        do {
            session.subscribing[try session.client.subscribe(filter, qos: qos)] = filter
            state = .running(session)
        } catch {
            guard !error.isConnection else { return }
            eventSink.yield(.subscriptionRefused(filter, error.reasonCode))
        }
    }

    /// Leaves for good: a regular goodbye where there is a link, so that no will is published. If
    /// the farewell has not arrived, the link breaks off, and the broker publishes the will.
    func goodbye() {
        defer { state = .stopped }
        guard case .running(let session) = state, session.link != nil else { return }
        var words = "stopped, with nothing outstanding"
        let open = session.outstanding.count { $0.token != nil }
        if open > 0 { words = "stopped, with \(open) publishes not acknowledged" }
        if session.outstanding.count > open {
            words += "; the farewell did not arrive, the will stands for it"
        } else {
            do { try session.client.disconnect(withWill: settings.disconnectsWithWill) } catch {
                words += "; goodbye: \(error.reason)"
            }
        }
        eventSink.yield(.disconnected(ConnectionFailure(.stopped, words), nextTry: nil))
    }
}
