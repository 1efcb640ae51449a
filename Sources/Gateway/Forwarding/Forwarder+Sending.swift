import Journal
import Telemetry
import Uplink

/// What goes out.
extension Forwarder {
    func schedulePump(_ lane: UplinkLane) {
        guard !lane.isPumping, lane.hasWork(journal, now: clock.now()) else { return }
        lane.isPumping = true
        let name = lane.name
        Task(executorPreference: executor) { await self.pump(name) }
    }

    /// Sends until the window is full or nothing is left.
    private func pump(_ name: String) async {
        guard let lane = lane(named: name) else { return }
        defer {
            lane.isPumping = false
            showWindow(lane)
        }
        await emptyOutbox(lane)
        while let (stream, batch) = lane.nextBatch(journal, now: clock.now()) {
            guard await send(batch, of: stream, over: lane) else { break }
        }
        await emptyOutbox(lane)
        wake(lane)
    }

    /// A backlog with a limit goes on when that lets it, not with the next tick or receipt.
    private func wake(_ lane: UplinkLane) {
        guard !lane.isWaking, let due = lane.backlogDue(journal, now: clock.now()) else { return }
        lane.isWaking = true
        let name = lane.name
        Task(executorPreference: executor) { await self.wake(name, at: due) }
    }

    private func wake(_ name: String, at due: Instant) async {
        // Cancelled with the executor's end, when there is nothing to send any more.
        _ = try? await executor.sleep(until: due)
        guard let lane = lane(named: name) else { return }
        lane.isWaking = false
        schedulePump(lane)
    }

    func showWindow(_ lane: UplinkLane) {
        lane.meter.update {
            $0.inFlight = lane.window.count
            $0.uncommitted = lane.platform.waiting.count
        }
    }

    /// Publishes what is no reading, in order, as far as the window allows.
    private func emptyOutbox(_ lane: UplinkLane) async {
        while let link = lane.link, let (token, messages) = lane.outbox.first {
            let result = await lane.connection.publish(messages, as: token, over: link)
            guard result == .sent, lane.link == link else { return }
            count(messages, of: lane)
            lane.shift()
        }
    }

    private func count(_ messages: [OutboundMessage], of lane: UplinkLane) {
        lane.meter.update {
            $0.sent += 1
            $0.payloadBytes += messages.reduce(0) { $0 + UInt64($1.payload.count) }
        }
    }

    /// Sends a batch in as many publishes as its size asks for. Returns false if the link could
    /// not take all of it.
    private func send(
        _ whole: OutboundBatch, of stream: SendingOrder.Stream, over lane: UplinkLane
    ) async -> Bool {
        let batch = sift(whole, for: lane)
        let beginning = lane.beginnings
        guard batch.items > 0 else { return skip(batch, of: stream, on: lane) }
        var item = 0
        while item < batch.items {
            // While a message was handed over, all may have begun anew.
            guard lane.beginnings == beginning, lane.canSend(now: clock.now()),
                let link = lane.link,
                let encoded = lane.session.encode(
                    batch, from: item, in: context(of: link, stream, lane))
            else { return false }
            item += max(1, encoded.items)
            let end = Position(epoch: batch.epoch.number, sequence: batch.sequence(of: item))
            guard await publish(encoded, of: stream, through: end, over: lane, link) else {
                return false
            }
        }
        return true
    }

    /// Nothing of a batch is for this platform.
    private func skip(
        _ batch: OutboundBatch, of stream: SendingOrder.Stream, on lane: UplinkLane
    ) -> Bool {
        let nothing = EncodedBatch(messages: [], items: 0)
        let skipped = lane.send(nil, of: stream, through: batch.end, nothing)
        journal.settle(skipped.range, of: skipped.priority, by: lane.outlet)
        return true
    }

    private func publish(
        _ encoded: EncodedBatch, of stream: SendingOrder.Stream, through end: Position,
        over lane: UplinkLane, _ link: Link
    ) async -> Bool {
        guard !encoded.messages.isEmpty else {
            let unused = lane.send(nil, of: stream, through: end, encoded)
            journal.settle(unused.range, of: unused.priority, by: lane.outlet)
            return true
        }
        let token = lane.newToken()
        // Noted before it is sent: the receipt may be here before `publish` returns.
        _ = lane.send(token, of: stream, through: end, encoded)
        count(encoded.messages, of: lane)
        let result = await lane.connection.publish(encoded.messages, as: token, over: link)
        if result != .sent, lane.link == link { lane.beginAgain(journal) }
        return result == .sent
    }

    private func context(
        of link: Link, _ stream: SendingOrder.Stream, _ lane: UplinkLane
    ) -> EncodingContext {
        EncodingContext(
            protocolVersion: link.protocolVersion, now: clock.now(), boot: boot,
            byteLimit: lane.byteLimit(of: link), messageLimit: max(1, lane.window.limit),
            isBacklog: stream.isBacklog)
    }
}
