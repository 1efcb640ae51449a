import Buses
import Drivers
import Logging
import Telemetry

/// One device on its line: calls its driver by the schedules of its poll groups and turns
/// samples into readings. Lives in its line's sampler and is never shared.
final class DeviceSampler: SampleSink {
    let spec: DeviceSpec
    private let driver: any Driver
    private let intake: Intake
    private let clock: any BootClock
    private let meter: DeviceMeter
    private let pulse: Liveness.Pulse
    private let logger: Logger
    /// The channels that are polled together.
    private let groups: [[Int]]
    private(set) var schedules: [PollSchedule]
    private(set) var quarantine = Quarantine()
    /// How long a poll of each group takes that brings something, smoothed over about eight.
    private var costs: [Duration?]
    private var channels: [SampledChannel]
    private var changes = ChangeDetector()

    /// What a sample of a channel needs: small, so that one costs no reference counts.
    private struct SampledChannel {
        var id: PointID
        var isUrgent: Bool
        var filter: DeadbandFilter?
    }

    // What the poll under way has brought.
    private var batch = ReadingBatch()
    private var isUrgent = false
    private var counts = DeviceMeter.Counts()
    private var succeeded = 0
    private var failure: BusError?
    private var hasOnlyTimeouts = true
    private var hasRefused = false
    private var isBegun = false
    /// The samples of a read by hand; nil while there is none.
    private var recorded: [Sample]?
    /// Whether the device has ever answered.
    private(set) var hasAnswered = false

    init(
        spec: DeviceSpec, bus: BusHandle, memory: any DriverMemory, intake: Intake,
        clock: any BootClock, meter: DeviceMeter, pulse: Liveness.Pulse, logger: Logger
    ) {
        self.spec = spec
        self.intake = intake
        self.clock = clock
        self.meter = meter
        self.pulse = pulse
        self.logger = logger
        driver = spec.plan.makeDriver(bus, memory)
        let groups = spec.groups
        self.groups = groups.map(\.channels)
        costs = groups.map { _ in nil }
        driver.arrange(groups: self.groups)
        let now = clock.now()
        schedules = groups.map { PollSchedule(interval: $0.interval, now: now) }
        // What may change at any moment is looked at now.
        if driver.wakeTime != nil {
            for index in schedules.indices { schedules[index].hasten(to: now) }
        }
        channels = spec.points.map { point in
            SampledChannel(
                id: point.id, isUrgent: point.point.isUrgent,
                filter: point.deadband.map { DeadbandFilter(deadband: $0) })
        }
    }

    /// When the device is to be polled next, and which of its groups.
    var next: (deadline: Instant, group: Int)? {
        schedules.indices.map { (schedules[$0].next, $0) }.min { $0 < $1 }
    }

    /// Polls a group and hands its readings on.
    ///
    /// - Parameter isCutShort: Whether it cannot take its whole time-out.
    func poll(group: Int, isCutShort: Bool = false) async {
        begin()
        let start = clock.now()
        await driver.poll(group: group, into: self)
        isBegun = true
        // A request cut short by the end of the line says nothing about the device.
        if failure != nil, Task.isCancelled { return }
        intake.append(batch, isUrgent: isUrgent)
        let now = clock.now()
        schedules[group].advance(now: now, isLate: !quarantine.isActive)
        counts.missedPolls = missed
        judge()
        isolate(group, cost: now - start, isCutShort, now)
        if succeeded > 0 {
            costs[group] = costs[group].map { $0 + (now - start - $0) / 8 } ?? now - start
        }
        if counts.plan == nil || failure != nil { counts.plan = driver.planSummary }
        meter.update { $0 = counts }
    }

    /// When it is to be collected from at the latest; nil if it tells nothing by itself. Its first
    /// word is that of a poll.
    var wakeTime: Instant? { isBegun ? driver.wakeTime : nil }

    /// Takes over what the device has told by itself.
    func collect() async {
        begin()
        await driver.collect(into: self)
        guard !batch.isEmpty || succeeded > 0 || failure != nil else { return }
        intake.append(batch, isUrgent: isUrgent)
        judge()
        if succeeded > 0 {
            quarantine.succeed()
            counts.nextTry = nil
        }
        meter.update { $0 = counts }
    }

    private func begin() {
        batch.removeAll(keepingCapacity: true)
        isUrgent = false
        (succeeded, failure, hasOnlyTimeouts, hasRefused) = (0, nil, true, false)
    }

    /// What it asks of its line.
    var demand: [LineDemand.Part] {
        guard !quarantine.isActive else { return [] }
        return zip(costs, schedules).compactMap { cost, schedule in
            cost.map {
                LineDemand.Part(device: spec.name, cost: $0, interval: schedule.interval)
            }
        }
    }

    /// Polls whose time had passed, since the start.
    var missed: UInt64 { schedules.reduce(0) { $0 + $1.missed } }

    /// Leaves a group out this time: its points say so.
    func suspend(group: Int) {
        batch.removeAll(keepingCapacity: true)
        isUrgent = false
        let now = clock.now()
        for channel in groups[group] {
            take(Sample(channel: channel, value: nil, quality: .suspended, instant: now))
        }
        intake.append(batch, isUrgent: isUrgent)
        schedules[group].advance(now: now, isLate: false)
        meter.update { $0 = counts }
    }

    /// Puts a device that does not answer into quarantine, and out of it when it does.
    private func isolate(_ group: Int, cost: Duration, _ isCutShort: Bool, _ now: Instant) {
        if failure != nil, succeeded == 0, hasOnlyTimeouts {
            // Groups are in order of their intervals.
            quarantine.fail(
                cost: cost, interval: schedules[0].interval, isCutShort: isCutShort, now: now)
        } else if quarantine.isActive, succeeded > 0 || hasRefused {
            quarantine.succeed()
            // What has a long interval was left out too, and is due.
            for index in schedules.indices where index != group { schedules[index].hasten(to: now) }
        }
        counts.nextTry = quarantine.nextTry
    }

    /// Reads channels now, with all that is polled with them, beside the schedules. What the device
    /// says goes on as readings too.
    func read(_ channels: [Int]) async -> ReadOutcome {
        begin()
        recorded = []
        for (index, group) in groups.enumerated() where group.contains(where: channels.contains) {
            await driver.poll(group: index, into: self)
        }
        intake.append(batch, isUrgent: isUrgent)
        judge()
        meter.update { $0 = counts }
        defer { recorded = nil }
        return ReadOutcome(recorded ?? [], of: channels, spec, failure: failure?.message)
    }

    /// Writes to a channel. What the device shows afterwards goes on at once, as a reading.
    func write(_ value: Value, to channel: Int) async throws(DriverError) -> Value? {
        batch.removeAll(keepingCapacity: true)
        isUrgent = false
        let shown = try await driver.write(value, to: channel, into: self)
        intake.append(batch, isUrgent: true)
        return shown
    }

    func now() -> Instant { clock.now() }

    func take(_ sample: Sample) {
        recorded?.append(sample)
        counts.note(reading: sample.quality)
        guard
            channels[sample.channel].filter?.passes(
                sample.value, quality: sample.quality, at: sample.instant) ?? true
        else { return }
        batch.append(
            point: channels[sample.channel].id, value: sample.value, quality: sample.quality,
            at: sample.instant)
        if channels[sample.channel].isUrgent,
            changes.isNews(channels[sample.channel].id, sample.value, sample.quality)
        {
            isUrgent = true
        }
    }

    func note(transfer: Duration, failure: BusError?) {
        pulse.extend(until: clock.now() + Liveness.longestTransfer)
        counts.note(transfer: transfer, failure: failure)
        guard let failure else {
            succeeded += 1
            hasAnswered = true
            return
        }
        self.failure = failure
        if failure.code != .timeout { hasOnlyTimeouts = false }
        if case .exception = failure.code { (hasRefused, hasAnswered) = (true, true) }
    }

    func tell(_ message: String, isTrouble: Bool) {
        logger.log(
            level: isTrouble ? .warning : .notice, "\(message)",
            metadata: about(device: spec.name))
    }

    /// Says once that the device has failed and once that it is back.
    private func judge() {
        if let failure, succeeded == 0 {
            guard counts.failingSince == nil else { return }
            counts.failingSince = clock.now()
            logger.error(
                "device does not answer: \(failure.message)",
                metadata: about(
                    .deviceSilent, device: spec.name, reason: failure.quality.name))
        } else if succeeded > 0 {
            if let since = counts.failingSince {
                let seconds = (clock.now() - since).components.seconds
                logger.notice(
                    "device answers again after \(seconds) s",
                    metadata: about(.deviceBack, device: spec.name))
            }
            counts.failingSince = nil
            if failure == nil { counts.failure = nil }
        }
    }
}
