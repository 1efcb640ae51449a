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
    private let counts: CountBox
    private let clock: any BootClock
    private let boot: BootID
    private let meter: ForwardingMeter
    private let logger: Logger
    private let pulse: Liveness.Pulse
    /// When the next tick comes at the latest.
    private var nextTick: Instant
    private var lane: UplinkLane
    private var tasks: [Task<Void, Never>] = []
    private var isPumping = false
    /// A link whose birth is not acknowledged yet, and the birth's token.
    private var opening: (link: Link, birth: PublishToken)?
    /// Resumed when all is acknowledged or the time for it is over.
    private var drained: CheckedContinuation<Void, Never>?
    /// The oldest positions that are not acknowledged, and when their readings were taken.
    private var oldest: [Priority: (position: Position, taken: Instant?)] = [:]
    /// What the log was told of the disk.
    private var reported = JournalStatistics.Health.ok
    private var lastTick: Instant
    /// Counts that the journal has no room for.
    private var unkept: Set<String> = []
    /// Readings taken out of the intake; its columns are used again and again.
    private var content = Intake.Content()

    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(
        journal: sending ReadingJournal, executor: ThreadExecutor, intake: Intake,
        counts: CountBox = CountBox(),
        lane: UplinkLane, clock: any BootClock, meter: ForwardingMeter, liveness: Liveness,
        logger: Logger
    ) {
        pulse = liveness.pulse(of: "the journal")
        self.journal = journal
        self.executor = executor
        self.intake = intake
        self.counts = counts
        self.lane = lane
        self.clock = clock
        self.meter = meter
        self.logger = logger
        boot = clock.anchor().boot
        lastTick = clock.now()
        nextTick = lastTick
        intake.signal(at: lane.rules.batchReadings)
    }

    // MARK: Life

    /// Begins to forward.
    func start() async {
        tasks = [
            Task(executorPreference: executor) { await self.keepTime() },
            Task(executorPreference: executor) { await self.answerSignals() },
            follow(lane.connection),
            Task(executorPreference: executor) { await self.watchClock() },
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

    /// Sends again from these positions on, as far as it is still there.
    func rewind(to positions: [Priority: Position]) {
        for (priority, position) in positions {
            let first = journal.rewind(priority, to: position)
            logger.notice("\(priority.name) readings go out again from \(first) on")
        }
        lane.beginAgain(journal)
        schedulePump()
    }

    /// Sends what can be sent within the limit, writes the rest to disk and says farewell.
    func finish(within limit: Duration) async {
        tick()
        if lane.link != nil, !journal.isSettled {
            let timeout = Task(executorPreference: executor) {
                await self.endDraining(after: limit)
            }
            await withCheckedContinuation { drained = $0 }
            timeout.cancel()
        }
        journal.close(anchor: clock.anchor())
        await lane.connection.stop(farewell: lane.session.farewell, within: .seconds(1))
        for task in tasks { task.cancel() }
        pulse.end()
        showJournal()
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
            nextTick = min(regular, journal.commitDue ?? regular)
            pulse.promise(until: nextTick)
            do throws(CancellationError) {
                try await executor.sleep(until: nextTick)
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

    /// Keeps what the clocks show when a time source has set them, and hourly.
    private func watchClock() async {
        let alarm: SystemClockAlarm
        do throws(SystemError) {
            alarm = try SystemClockAlarm(executor: executor)
        } catch {
            return logger.error("steps of the wall clock go unnoticed: \(error)")
        }
        for await news in ClockWatcher(clock: clock, alarm: alarm) {
            if news.step != .zero {
                logger.notice("the wall clock was set by \(news.step.seconds) s")
            }
            journal.keep(clock: news.anchor)
        }
    }

    private func tick() {
        // The disk may take the grace, not the time to the next tick.
        pulse.promise(until: clock.now())
        defer { pulse.promise(until: max(nextTick, clock.now())) }
        intake.drain(into: &content)
        if let oldest = content.readings.instants.first {
            journal.append(content.readings, now: oldest)
        }
        if content.refused > 0 {
            journal.recordGap(count: content.refused, reason: .memoryFull, now: clock.now())
            logger.error("the disk is too slow: \(content.refused) readings were given up")
        }
        let anchor = clock.anchor()
        keepCounts(since: lastTick)
        lastTick = anchor.instant
        journal.commitIfDue(anchor: anchor)
        schedulePump()
        showJournal()
        noteOldest(anchor)
    }

    /// Hands counts to the journal; they have changed since the last tick at the earliest.
    private func keepCounts(since: Instant) {
        for (name, count) in counts.takeChanged()
        where !journal.keep(count: count, named: name, since: since) {
            guard unkept.insert(name).inserted else { continue }
            logger.error(
                "\(name) counts from 0 after a restart: there are more than \(KeptCounts.limit) counts"
            )
        }
    }

    /// Looks up when the oldest unacknowledged readings were taken, if they are others now.
    private func noteOldest(_ anchor: ClockAnchor) {
        for priority in Priority.allCases {
            let start = journal.start(of: priority)
            if start >= journal.end(of: priority) {
                oldest[priority] = nil
            } else if oldest[priority]?.position != start {
                oldest[priority] = (start, takenAt(start, priority, anchor))
            }
        }
        let instant = oldest.values.compactMap(\.taken).min()
        meter.update { $0.oldest = instant }
    }

    /// When the reading at a position was taken, on this boot's clock; nil if that is unknown.
    private func takenAt(
        _ position: Position, _ priority: Priority, _ anchor: ClockAnchor
    ) -> Instant? {
        guard
            let batch = journal.nextBatch(of: priority, after: position, maximumReadings: 1),
            case .readings(let readings) = batch.content
        else { return nil }
        return Forwarder.instant(of: readings.instants[0], by: batch.anchor, now: anchor)
    }

    /// An instant of any boot on the present one's clock; nil if nobody knows: of another boot
    /// the wall clocks have to tell, both of them.
    static func instant(
        of instant: Instant, by anchor: ClockAnchor, now: ClockAnchor
    ) -> Instant? {
        guard anchor.boot != now.boot else { return instant }
        guard now.quality == .synchronized, anchor.quality != .unsynchronized else { return nil }
        return now.instant - (now.wall - anchor.wallTime(at: instant))
    }

    // MARK: Sending

    private func schedulePump() {
        guard !isPumping, lane.hasWork(journal, now: clock.now()) else { return }
        isPumping = true
        Task(executorPreference: executor) { await self.pump() }
    }

    /// Sends until the window is full or nothing is left.
    private func pump() async {
        defer {
            isPumping = false
            updateMeter()
        }
        while let (stream, batch) = lane.nextBatch(journal, now: clock.now()) {
            guard await send(batch, of: stream) else { return }
        }
    }

    /// Sends a batch in as many messages as its size asks for. Returns false if the link could
    /// not take all of it.
    private func send(_ batch: OutboundBatch, of stream: Int) async -> Bool {
        let beginning = lane.beginnings
        var offset = 0
        while offset < batch.count {
            // While a message was handed over, all may have begun anew.
            guard lane.beginnings == beginning, lane.canSend(now: clock.now()),
                let link = lane.link,
                let encoded = lane.session.encode(batch, from: offset, in: context(of: link))
            else { return false }
            let token = lane.newToken()
            offset += Int(encoded.count)
            let end = Position(
                epoch: batch.epoch.number, sequence: batch.firstSequence + UInt64(offset))
            // Noted before it is sent: the receipt may be here before `publish` returns.
            lane.send(token, of: stream, through: end, count: Int(encoded.count))
            meter.update { $0.sent += 1 }
            guard await lane.connection.publish(encoded.message, as: token, over: link) == .sent
            else {
                beginAgain(ifStill: link)
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
    private func beginAgain(ifStill link: Link) {
        guard lane.link == link else { return }
        _ = lane.refuse(journal, now: clock.now())
    }

    // MARK: Events

    private func handle(_ event: ConnectionEvent, from connection: MQTTConnection) {
        guard connection === lane.connection else { return }
        if let token = lane.session.acknowledged(by: event) { acknowledge(token) }
        switch event {
        case .connected(let link): connected(link)
        case .disconnected(let failure, let nextTry): disconnected(failure, nextTry)
        case .refused(let token, let reason):
            refused(token, reason)
            answered(token)
        case .settled(let token): answered(token)
        case .subscriptionRefused: break
        }
        schedulePump()
        updateMeter()
        if journal.isSettled {
            showNothingWaits()
            endDraining()
        }
    }

    private func acknowledge(_ token: PublishToken) {
        meter.update { $0.acknowledged += 1 }
        if let delivery = lane.acknowledge(token) {
            journal.settle(delivery.range, of: delivery.priority)
        }
    }

    private func connected(_ link: Link) {
        Task(executorPreference: executor) { await self.open(link, of: self.lane.connection) }
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

    /// Readings go over a link once its birth is through: behind it, and with all of the window.
    private func open(_ link: Link, of connection: MQTTConnection) async {
        let token = lane.newToken()
        opening = (link, token)
        let birth = lane.session.birth(epoch: journal.epoch(of: .normal))
        _ = await connection.publish(birth, as: token, over: link)
    }

    /// A birth that the broker refuses is told by the log; the readings are worth more.
    private func answered(_ token: PublishToken) {
        guard let opening, opening.birth == token else { return }
        self.opening = nil
        lane.connect(opening.link, journal)
    }

    private func disconnected(_ failure: ConnectionFailure, _ nextTry: Instant?) {
        let wasUp = lane.link != nil
        opening = nil
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
        let until = lane.refuse(journal, now: clock.now())
        let seconds = (until - clock.now()).components.seconds
        logger.error("the broker refused readings: \(reason); they are sent again in \(seconds) s")
    }

    /// Tells the log once when the disk begins to fail, and once when it is well again.
    private func note(_ health: JournalStatistics.Health) {
        switch (reported, health) {
        case (.ok, .failing(let reason, _)):
            logger.error("the journal's disk fails: \(reason); readings are kept in memory")
        case (.failing, .ok): logger.notice("the journal's disk is well again")
        default: break
        }
        reported = health
    }

    private func updateMeter() {
        let inFlight = lane.window.count
        meter.update { $0.inFlight = inFlight }
    }

    /// With nothing left to send the counts cost nothing, and `status` shows at once that all is
    /// delivered.
    private func showNothingWaits() {
        oldest = [:]
        meter.update { $0.oldest = nil }
        showJournal()
    }

    /// The journal's counts take a look at every segment: not for each message.
    private func showJournal() {
        let statistics = journal.statistics
        let taken = Priority.allCases.reduce(0) { $0 + journal.end(of: $1).sequence }
        meter.update {
            $0.taken = taken
            $0.journal = statistics
        }
        note(statistics.health)
    }
}
