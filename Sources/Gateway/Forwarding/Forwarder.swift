import Journal
import Logging
import Platform
import Telemetry
import Uplink

/// Takes readings from the intake to the journal and from the journal to the uplinks, and moves
/// each uplink's cursor by what that acknowledges.
///
/// It owns the journal, so its thread may wait for the disk; samplers and links have threads of
/// their own and do not wait with it. Here: life and rhythm; what is sent is in
/// `Forwarder+Sending`, what comes back in `Forwarder+Events` and `Forwarder+Platform`.
actor Forwarder {
    /// Carries out what a platform asks.
    typealias CommandHandler = @Sendable (PlatformCommand) async -> CommandOutcome

    /// Carries out what a platform asks of the configuration.
    typealias ConfigurationHandler = @Sendable (ConfigurationTopics.Request) async -> Void

    let journal: ReadingJournal
    let intake: Intake
    private let counts: CountBox
    let clock: any BootClock
    let boot: BootID
    private let meter: ForwardingMeter
    let logger: Logger
    private let pulse: Liveness.Pulse
    /// When the next tick comes at the latest.
    private var nextTick: Instant
    var lanes: [UplinkLane]
    private var sieves: [String: PointSieve] = [:]
    let points: PointTable
    private var tasks: [Task<Void, Never>] = []
    /// What the platforms are told of who is there.
    var roster: [Presence.RosterPoint] = []
    /// What was read last.
    var latest = LatestReadings()
    let perform: CommandHandler
    let configure: ConfigurationHandler
    /// Requests for another configuration that are being carried out.
    var configuring = 0
    /// How the last trial of a configuration stands, for platforms that come later.
    var standing: ConfigurationOutcome?
    /// Commands that are being carried out.
    var running = 0
    /// Ids of the last commands, and how they ended.
    var remembered = CommandMemory()
    /// Resumed when all is acknowledged or the time for it is over.
    private var drained: CheckedContinuation<Void, Never>?
    /// The oldest positions that are not acknowledged, and when their readings were taken.
    private var oldest: [Priority: (position: Position, taken: Instant?)] = [:]
    /// What the log was told of the disk.
    private var reported = JournalStatistics.Health.ok
    private var reportedDamage: UInt64 = 0
    private var lastTick: Instant
    /// The power is about to go: all is written as soon as it comes.
    var isHurried = false
    /// The power may go at any moment, and a line will tell.
    var expectsHurry = false
    /// Counts that the journal has no room for.
    private var unkept: Set<String> = []
    /// Readings taken out of the intake; its columns are used again and again.
    private var content = Intake.Content()

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// What the forwarder works with.
    struct Parts {
        var executor: ThreadExecutor
        var intake: Intake
        var counts = CountBox()
        var points: PointTable
        var clock: any BootClock
        var meter: ForwardingMeter
        var liveness: Liveness
        var logger: Logger
        var perform: CommandHandler = { _ in CommandOutcome(.refused, reason: "nobody does it") }
        var configure: ConfigurationHandler = { _ in }
    }

    init(journal: sending ReadingJournal, lanes: [UplinkLane.Parts], parts: Parts) {
        pulse = parts.liveness.pulse(of: "the journal")
        self.journal = journal
        let now = parts.clock.now()
        self.lanes = lanes.map { UplinkLane($0, now: now) }
        executor = parts.executor
        intake = parts.intake
        counts = parts.counts
        points = parts.points
        clock = parts.clock
        meter = parts.meter
        logger = parts.logger
        perform = parts.perform
        configure = parts.configure
        boot = clock.anchor().boot
        lastTick = now
        nextTick = now
    }

    // MARK: Life

    /// Begins to forward.
    func start(roster: [Presence.RosterPoint]) async {
        self.roster = roster
        takeOutlets()
        tasks = [
            Task(executorPreference: executor) { await self.keepTime() },
            Task(executorPreference: executor) { await self.answerSignals() },
            Task(executorPreference: executor) { await self.watchClock() },
        ]
        for lane in lanes { await begin(lane.name) }
    }

    private func begin(_ name: String) async {
        guard let lane = lane(named: name) else { return }
        let connection = lane.connection
        tasks += [
            Task(executorPreference: executor) { await self.answer(connection, of: name) },
            Task(executorPreference: executor) { await self.hear(connection, of: name) },
        ]
        let topics = lane.session.subscriptions + (lane.configuration?.subscriptions ?? [])
        for filter in topics { await connection.subscribe(filter) }
        await connection.start()
    }

    /// The lane of this name; nil if the configuration has none.
    func lane(named name: String) -> UplinkLane? { lanes.first { $0.name == name } }

    /// Goes over to these uplinks in place of those that are not to stay. What a new one's
    /// namesake has not delivered goes over the new one.
    func replaceLanes(
        keeping names: [String], with new: [UplinkLane.Parts], order: [String],
        roster: [Presence.RosterPoint]
    ) async {
        let ended = lanes.filter { !names.contains($0.name) }
        let begun = new.map(\.name)
        let now = clock.now()
        let lanes = lanes.filter { names.contains($0.name) } + new.map { UplinkLane($0, now: now) }
        self.lanes = lanes.sorted {
            order.firstIndex(of: $0.name) ?? 0 < order.firstIndex(of: $1.name) ?? 0
        }
        // An ended lane's cursor may be another's from here on.
        for lane in ended { lane.disconnect() }
        if !ended.isEmpty || !begun.isEmpty { takeOutlets() }
        for lane in ended { await lane.stop(within: .seconds(2)) }
        for name in begun { await begin(name) }
        if roster != self.roster {
            self.roster = roster
            for lane in lanes where lane.link != nil { announce(lane) }
        }
    }

    private func takeOutlets() {
        sieves = [:]
        journal.replaceOutlets(lanes.map(\.name))
        for lane in lanes {
            lane.take(journal.outlet(named: lane.name), journal, now: clock.now())
            sieves[lane.name] = PointSieve(lane.filter, points: points)
        }
        intake.signal(at: lanes.map(\.rules.batchReadings).min() ?? .max)
    }

    /// What a lane's filter leaves of a batch.
    func sift(_ batch: OutboundBatch, for lane: UplinkLane) -> OutboundBatch {
        guard !lane.filter.takesAll, var sieve = sieves[lane.name] else { return batch }
        defer { sieves[lane.name] = sieve }
        return batch.filtered { sieve.takes($0) }
    }

    /// Sends again from these positions on, as far as it is still there.
    func rewind(to positions: [Priority: Position]) {
        for (priority, position) in positions {
            let first = journal.rewind(priority, to: position)
            logger.notice("\(priority.name) readings go out again from \(first) on")
        }
        for lane in lanes {
            lane.beginAgain(journal)
            schedulePump(lane)
        }
    }

    /// Sends what can be sent within the limit, writes the rest to disk and says farewell.
    func finish(within limit: Duration) async {
        tick()
        if !isDrained {
            let timeout = Task(executorPreference: executor) {
                await self.endDraining(after: limit)
            }
            await withCheckedContinuation { drained = $0 }
            timeout.cancel()
        }
        journal.close(anchor: clock.anchor())
        for lane in lanes { await lane.stop(within: .seconds(1)) }
        for task in tasks { task.cancel() }
        pulse.end()
        showJournal()
    }

    /// Whether every link that is up has delivered all.
    private var isDrained: Bool {
        lanes.allSatisfy { $0.link == nil || journal.isSettled(by: $0.outlet) }
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

    /// Ends the wait of `finish` if there is nothing left to wait for.
    func noteProgress() {
        if journal.isSettled { showNothingWaits() }
        if isDrained { endDraining() }
    }

    // MARK: Rhythm

    private var batchAge: Duration { lanes.map(\.rules.batchAge).min() ?? .seconds(1) }

    /// Empties the intake on a grid of the batch age, a quarter behind the polls, and commits
    /// in time.
    private func keepTime() async {
        var rhythm = PollSchedule(interval: batchAge, now: clock.now())
        while !Task.isCancelled {
            let regular = rhythm.next + rhythm.interval / 4
            nextTick = min(regular, journal.commitDue ?? regular)
            pulse.promise(until: nextTick)
            do throws(CancellationError) {
                try await executor.sleep(until: nextTick)
            } catch {
                return
            }
            if rhythm.interval != batchAge {
                rhythm = PollSchedule(interval: batchAge, now: clock.now())
            } else if regular <= clock.now() {
                rhythm.advance(now: clock.now())
            }
            tick()
        }
    }

    private func answer(_ connection: MQTTConnection, of name: String) async {
        for await event in connection.events {
            guard let lane = lane(named: name), lane.connection === connection else { continue }
            handle(event, of: lane)
        }
    }

    private func hear(_ connection: MQTTConnection, of name: String) async {
        for await message in connection.messages {
            guard let lane = lane(named: name), lane.connection === connection else { continue }
            hear(message, of: lane)
        }
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
                logger.notice(
                    "the wall clock was set by \(news.step.seconds) s", metadata: about(.clockSet))
            }
            journal.keep(clock: news.anchor)
            // A certificate that was not valid yet may be valid now.
            for lane in lanes where news.reason != .regular { await lane.connection.clockChanged() }
        }
    }

    func tick() {
        // The disk may take the grace, not the time to the next tick.
        pulse.promise(until: clock.now())
        defer { pulse.promise(until: max(nextTick, clock.now())) }
        takeIn()
        let anchor = clock.anchor()
        keepCounts(since: lastTick)
        lastTick = anchor.instant
        if isHurried {
            journal.commitNow(anchor: anchor)
        } else {
            journal.commitIfDue(anchor: anchor)
            if expectsHurry { journal.keepRoom(now: anchor.instant) }
        }
        for lane in lanes {
            remind(lane)
            schedulePump(lane)
        }
        showJournal()
        noteOldest(anchor)
    }

    /// Takes what samplers have left into the journal.
    private func takeIn() {
        intake.drain(into: &content)
        if let oldest = content.readings.instants.first {
            latest.update(content.readings)
            journal.append(content.readings, now: oldest)
        }
        if content.refused > 0 {
            journal.recordGap(count: content.refused, reason: .memoryFull, now: clock.now())
            logger.error("the disk is too slow: \(content.refused) readings were given up")
        }
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

    // MARK: What status shows

    /// Looks up when the oldest unacknowledged readings were taken, if they are others now.
    private func noteOldest(_ anchor: ClockAnchor) {
        for priority in Priority.allCases {
            let starts = lanes.map { ($0.outlet, journal.start(of: priority, for: $0.outlet)) }
            guard let (outlet, start) = starts.min(by: { $0.1 < $1.1 }),
                start < journal.end(of: priority)
            else {
                oldest[priority] = nil
                continue
            }
            guard oldest[priority]?.position != start else { continue }
            oldest[priority] = (start, takenAt(start, priority, outlet, anchor))
        }
        let instant = oldest.values.compactMap(\.taken).min()
        meter.update { $0.oldest = instant }
    }

    /// When the reading at a position was taken, on this boot's clock; nil if that is unknown.
    private func takenAt(
        _ position: Position, _ priority: Priority, _ outlet: Outlet, _ anchor: ClockAnchor
    ) -> Instant? {
        guard
            let batch = journal.nextBatch(
                of: priority, after: position, maximumReadings: 1, for: outlet),
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

    /// Tells the log once when the disk begins to fail, and once when it is well again.
    private func note(_ health: JournalStatistics.Health) {
        switch (reported, health) {
        case (.ok, .failing(let reason, _)):
            logger.error(
                "the journal's disk fails: \(reason); readings are kept in memory",
                metadata: about(.diskFails))
        case (.failing, .ok):
            logger.notice("the journal's disk is well again", metadata: about(.diskWell))
        default: break
        }
        reported = health
    }

    /// What could not be read back of the journal is told each time that it is more.
    private func noteDamage(_ frames: UInt64) {
        guard frames > reportedDamage else { return }
        logger.error(
            "the journal is damaged: \(frames - reportedDamage) frames could not be read; they are kept in its folder quarantine, and the platform is told of a gap",
            metadata: about(.journalDamaged))
        reportedDamage = frames
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
        noteDamage(statistics.damagedFrames)
    }
}
