import Journal
import Telemetry
import Uplink

/// What the platforms say.
extension Forwarder {
    /// The most commands at a time; one more is refused.
    static let commandLimit = 16

    func hear(_ message: InboundMessage, of lane: UplinkLane) {
        if let request = lane.configuration?.request(message) { return configure(by: request) }
        for request in lane.session.receive(message) { answer(request, message.topic, lane) }
        schedulePump(lane)
        noteProgress()
    }

    private func answer(_ request: SessionRequest, _ topic: String, _ lane: UplinkLane) {
        switch request {
        case .birth: announceAgain(lane)
        case .leave(let reason): leave(lane, reason)
        case .committed(let watermark): committed(watermark, by: lane)
        case .command(let command): carryOut(command, of: lane)
        case .flaw(let flaw):
            logger.warning("\(lane.name): \(topic): \(flaw)", metadata: about(uplink: lane.name))
        }
    }

    /// Births are large: however often they are asked for, they go at most once a pause.
    private func announceAgain(_ lane: UplinkLane) {
        if let last = lane.announced, clock.now() - last < UplinkLane.birthPause {
            lane.isBirthDue = true
        } else {
            announce(lane)
        }
    }

    /// The platform is not there any more: the link is made anew, and births wait for it.
    private func leave(_ lane: UplinkLane, _ reason: String) {
        let (connection, farewell) = (lane.connection, lane.session.farewell())
        Task(executorPreference: executor) {
            await connection.leave(farewell: farewell, reason: reason)
        }
    }

    /// The platform has readings for good: they are let go.
    private func committed(_ watermark: Watermark, by lane: UplinkLane) {
        guard watermark.journal == journal.epoch(of: .normal).journal else { return }
        let sent = lane.platform.waiting.first {
            $0.range.lowerBound.epoch == watermark.epoch
        }
        let priority = sent?.priority ?? journal.priority(ofEpoch: watermark.epoch)
        for range in watermark.ranges where !range.isEmpty {
            let first = Position(epoch: watermark.epoch, sequence: range.lowerBound)
            let end = Position(epoch: watermark.epoch, sequence: range.upperBound)
            journal.settle(first..<end, of: priority, by: lane.outlet)
        }
        let outlet = lane.outlet
        let delivered = lane.commit(now: clock.now()) {
            journal.isSettled($0.range, of: $0.priority, by: outlet)
        }
        lane.meter.update { $0.delivered += UInt64(delivered) }
    }

    // MARK: Commands

    private func carryOut(_ command: PlatformCommand, of lane: UplinkLane) {
        lane.meter.update { $0.commands += 1 }
        if let known = remembered.outcome(of: command) {
            return tell(known, of: command, to: lane)
        }
        if let refusal = refusal(of: command, from: lane) {
            return end(command, with: refusal, of: lane)
        }
        if let outcome = alreadyThere(command) { return tell(outcome, of: command, to: lane) }
        running += 1
        let name = lane.name
        Task(executorPreference: executor) { await self.carryOut(command, asked: name) }
    }

    private func carryOut(_ command: PlatformCommand, asked name: String) async {
        let outcome = await perform(command)
        running -= 1
        // The uplink may have left the configuration meanwhile; the record is made all the same.
        guard let lane = lane(named: name) else {
            return record(command, outcome, name)
        }
        end(command, with: outcome, of: lane)
        schedulePump(lane)
    }

    /// Why a command is not even tried.
    private func refusal(of command: PlatformCommand, from lane: UplinkLane) -> CommandOutcome? {
        let anchor = clock.anchor()
        guard let point = roster.first(where: { $0.point.path == command.path }) else {
            return CommandOutcome(.refused, reason: "there is no point \(command.path.prefix(80))")
        }
        guard point.isCommandable else {
            return CommandOutcome(.refused, reason: "\(command.path) is not writable")
        }
        guard lane.commands.takes(point.point) else {
            return CommandOutcome(
                .refused, reason: "\(command.path) is not listed in `commands` of \(lane.name)")
        }
        if let expiry = command.expiry {
            guard anchor.wall <= expiry else {
                return CommandOutcome(.refused, reason: "stale: it expired at \(expiry)")
            }
            guard anchor.quality == .synchronized else {
                return CommandOutcome(
                    .refused, reason: "the clock is not set: whether it is stale cannot be told")
            }
        }
        guard running < Self.commandLimit else {
            return CommandOutcome(.refused, reason: "\(Self.commandLimit) commands are under way")
        }
        return nil
    }

    /// A wanted state that the point has already.
    private func alreadyThere(_ command: PlatformCommand) -> CommandOutcome? {
        guard command.isDesired,
            let point = roster.first(where: { $0.point.path == command.path }),
            let shown = latest[point.id], shown.quality.isGood, shown.value == command.value
        else { return nil }
        return CommandOutcome(.done, shown: shown.value)
    }

    private func end(
        _ command: PlatformCommand, with outcome: CommandOutcome, of lane: UplinkLane
    ) {
        remembered.note(outcome, of: command)
        record(command, outcome, lane.name)
        tell(outcome, of: command, to: lane)
    }

    private func tell(
        _ outcome: CommandOutcome, of command: PlatformCommand, to lane: UplinkLane
    ) {
        if outcome.result != .done { lane.meter.update { $0.refusedCommands += 1 } }
        let messages = lane.session.answer(outcome, to: command)
        if !messages.isEmpty, !lane.post(messages) {
            logger.warning(
                "\(lane.name): the answer to a command on \(command.path) was left out",
                metadata: about(uplink: lane.name, point: command.path))
        }
    }

    /// Every command is a reading: who wanted what, and what became of it.
    func record(_ command: PlatformCommand, _ outcome: CommandOutcome, _ uplink: String) {
        let record = CommandRecord(command: command, outcome: outcome, uplink: uplink)
        logger.notice("\(record.sentence)")
        guard let point = points.intern(CommandRecord.point) else { return }
        var batch = ReadingBatch()
        batch.append(point: point, value: .string(record.text), at: clock.now())
        intake.append(batch, isUrgent: true)
    }
}
