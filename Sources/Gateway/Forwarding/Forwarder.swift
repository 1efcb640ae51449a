import Journal
import Logging
import Platform
import Telemetry
import Uplink

/// Takes readings from the intake to the journal and from the journal to the uplink, and moves
/// the journal's cursor by what the uplink acknowledges.
///
/// It owns the journal, so its thread may wait for the disk; samplers and the link have threads
/// of their own and do not wait with it.
actor Forwarder {
    private let journal: ReadingJournal
    private let intake: Intake
    private let clock: any BootClock
    private let boot: BootID
    private let meter: ForwardingMeter
    private let logger: Logger
    private var lane: UplinkLane
    private var tasks: [Task<Void, Never>] = []
    private var isPumping = false
    /// Resumed when all is acknowledged or the time for it is over.
    private var drained: CheckedContinuation<Void, Never>?
    /// The position whose age the meter shows.
    private var oldest: Position?
    /// Readings taken out of the intake; its columns are used again and again.
    private var content = Intake.Content()

    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(
        journal: sending ReadingJournal, executor: ThreadExecutor, intake: Intake,
        lane: UplinkLane, clock: any BootClock, meter: ForwardingMeter, logger: Logger
    ) {
        self.journal = journal
        self.executor = executor
        self.intake = intake
        self.lane = lane
        self.clock = clock
        self.meter = meter
        self.logger = logger
        boot = clock.anchor().boot
        intake.signal(at: lane.rules.batchReadings)
    }

    // MARK: Life

    /// Begins to forward.
    func start() async {
        tasks = [
            Task(executorPreference: executor) { await self.keepTime() },
            Task(executorPreference: executor) { await self.answerSignals() },
            follow(lane.connection),
        ]
        await lane.connection.start()
    }

    /// Goes over to another uplink. What was not acknowledged goes over the new one.
    func replaceLane(with lane: UplinkLane) async {
        let old = self.lane
        self.lane = lane
        meter.update {
            if $0.isUp { $0.since = clock.now() }
            $0.isUp = false
            $0.failure = nil
            $0.nextTry = nil
        }
        intake.signal(at: lane.rules.batchReadings)
        tasks.append(follow(lane.connection))
        await old.connection.stop(farewell: old.session.farewell, within: .seconds(2))
        await lane.connection.start()
    }

    /// Sends what can be sent within the limit, writes the rest to disk and says farewell.
    func finish(within limit: Duration) async {
        tick()
        if lane.link != nil, journal.start < journal.end {
            let timeout = Task(executorPreference: executor) {
                await self.endDraining(after: limit)
            }
            await withCheckedContinuation { drained = $0 }
            timeout.cancel()
        }
        journal.close(anchor: clock.anchor())
        await lane.connection.stop(farewell: lane.session.farewell, within: .seconds(1))
        for task in tasks { task.cancel() }
        updateMeter()
    }

    private func endDraining(after limit: Duration) async {
        // A cancelled sleep is the good case: everything was acknowledged before.
        _ = try? await executor.sleep(until: clock.now() + limit)
        endDraining()
    }

    private func endDraining() {
        drained?.resume()
        drained = nil
    }

    private func follow(_ connection: MQTTConnection) -> Task<Void, Never> {
        Task(executorPreference: executor) { await self.answer(connection) }
    }

    // MARK: Rhythm

    /// Empties the intake on a grid of the batch age, a quarter behind the polls, and commits
    /// in time.
    private func keepTime() async {
        var rhythm = PollSchedule(interval: lane.rules.batchAge, now: clock.now())
        while !Task.isCancelled {
            let regular = rhythm.next + rhythm.interval / 4
            let next = min(regular, journal.commitDue ?? regular)
            do throws(CancellationError) {
                try await executor.sleep(until: next)
            } catch {
                return
            }
            if rhythm.interval != lane.rules.batchAge {
                rhythm = PollSchedule(interval: lane.rules.batchAge, now: clock.now())
            } else if regular <= clock.now() {
                rhythm.advance(now: clock.now())
            }
            tick()
        }
    }

    private func answer(_ connection: MQTTConnection) async {
        for await event in connection.events { handle(event, from: connection) }
    }

    private func answerSignals() async {
        for await _ in intake.signals { tick() }
    }

    private func tick() {
        intake.drain(into: &content)
        if let oldest = content.readings.instants.first {
            journal.append(content.readings, now: oldest)
        }
        if content.refused > 0 {
            journal.recordGap(count: content.refused, reason: .memoryFull, now: clock.now())
            logger.error("the disk is too slow: \(content.refused) readings were given up")
        }
        let anchor = clock.anchor()
        journal.commitIfDue(anchor: anchor)
        schedulePump()
        updateMeter()
        noteOldest(anchor)
    }

    /// Looks up when the oldest unacknowledged reading was taken, if that is another one now.
    private func noteOldest(_ anchor: ClockAnchor) {
        let start = journal.start
        guard start < journal.end, oldest != start else { return }
        oldest = start
        guard let batch = journal.nextBatch(after: start, maximumReadings: 1),
            case .readings(let readings) = batch.content
        else { return }
        let age = anchor.wall - batch.anchor.wallTime(at: readings.instants[0])
        meter.update { $0.oldest = anchor.instant - age }
    }

    // MARK: Sending

    private func schedulePump() {
        guard !isPumping, lane.canSend(now: clock.now()), lane.sent < journal.end else { return }
        isPumping = true
        Task(executorPreference: executor) { await self.pump() }
    }

    /// Sends until the window is full or nothing is left.
    private func pump() async {
        defer {
            isPumping = false
            updateMeter()
        }
        while lane.canSend(now: clock.now()),
            let batch = journal.nextBatch(
                after: lane.sent, maximumReadings: lane.rules.batchReadings)
        {
            guard await send(batch) else { return }
        }
    }

    /// Sends a batch in as many messages as its size asks for. Returns false if the link could
    /// not take all of it.
    private func send(_ batch: OutboundBatch) async -> Bool {
        var offset = 0
        while offset < batch.count {
            guard lane.canSend(now: clock.now()), let link = lane.link,
                let encoded = lane.session.encode(batch, from: offset, in: context(of: link))
            else { return false }
            let token = lane.newToken()
            offset += Int(encoded.count)
            // Noted before it is sent: the receipt may be here before `publish` returns.
            lane.send(
                token,
                through: Position(
                    epoch: batch.epoch.number, sequence: batch.firstSequence + UInt64(offset)))
            meter.update { $0.sent += 1 }
            guard await lane.connection.publish(encoded.message, as: token, over: link) == .sent
            else {
                rewindLane(ifStill: link)
                return false
            }
        }
        return true
    }

    private func context(of link: Link) -> EncodingContext {
        EncodingContext(
            protocolVersion: link.protocolVersion, now: clock.now(), boot: boot,
            byteLimit: link.payloadLimit(lane.rules.batchBytes))
    }

    /// The link did not take a message after all: what is unacknowledged is sent again.
    private func rewindLane(ifStill link: Link) {
        guard lane.link == link else { return }
        _ = lane.refuse(from: journal.start, now: clock.now())
    }

    // MARK: Events

    private func handle(_ event: ConnectionEvent, from connection: MQTTConnection) {
        guard connection === lane.connection else { return }
        if let token = lane.session.acknowledged(by: event) { acknowledge(token) }
        switch event {
        case .connected(let link): connected(link)
        case .disconnected(let failure, let nextTry): disconnected(failure, nextTry)
        case .refused(let token, let reason): refused(token, reason)
        case .settled, .subscriptionRefused: break
        }
        schedulePump()
        updateMeter()
        if journal.start >= journal.end { endDraining() }
    }

    private func acknowledge(_ token: PublishToken) {
        meter.update { $0.acknowledged += 1 }
        if let position = lane.acknowledge(token) { journal.settle(through: position) }
    }

    private func connected(_ link: Link) {
        lane.connect(link, from: journal.start)
        let birth = lane.session.birth(epoch: journal.epoch)
        let (token, connection) = (lane.newToken(), lane.connection)
        Task { _ = await connection.publish(birth, as: token, over: link) }
        meter.update {
            $0.isUp = true
            $0.protocolVersion = link.protocolVersion.rawValue
            $0.failure = nil
            $0.nextTry = nil
            $0.since = clock.now()
            $0.connects += 1
            $0.sent += 1
        }
        logger.notice("uplink is up: \(lane.broker), MQTT \(link.protocolVersion.rawValue)")
    }

    private func disconnected(_ failure: ConnectionFailure, _ nextTry: Instant?) {
        let wasUp = lane.link != nil
        lane.disconnect()
        let isNews = meter.snapshot.failure == nil
        meter.update {
            if $0.isUp { $0.since = clock.now() }
            $0.isUp = false
            $0.protocolVersion = nil
            $0.failure = "\(failure)"
            $0.nextTry = nextTry
        }
        // Once when it fails, not at every try.
        if nextTry != nil, wasUp || isNews { logger.error("uplink is down: \(failure)") }
        if nextTry == nil { endDraining() }
    }

    private func refused(_ token: PublishToken, _ reason: ReasonCode) {
        meter.update { $0.refused += 1 }
        guard lane.window.contains(token) else {
            // The birth, or a message that is to be sent again anyway.
            logger.warning("the broker refused a message: \(reason)")
            return
        }
        let until = lane.refuse(from: journal.start, now: clock.now())
        let seconds = (until - clock.now()).components.seconds
        logger.error("the broker refused readings: \(reason); they are sent again in \(seconds) s")
    }

    private func updateMeter() {
        let (inFlight, end, statistics) = (lane.window.count, journal.end, journal.statistics)
        let isDelivered = journal.start >= end
        if isDelivered { oldest = nil }
        meter.update {
            if isDelivered { $0.oldest = nil }
            $0.inFlight = inFlight
            $0.end = end
            $0.journal = statistics
        }
    }
}
