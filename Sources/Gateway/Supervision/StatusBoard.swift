import Journal
import Synchronization
import Telemetry

/// Puts together what `status` shows, from the meters of all parts. Any thread may ask.
public final class StatusBoard: Sendable {
    private struct State {
        var gateway = ""
        var links: [LinkMeter] = []
        var epoch: Epoch?
        var configurationFailure: String?
        var configurationTrial: ConfigurationTrialReport?
        var lentBuses: [String] = []
        var watchdog: WatchdogMeter?
        var powerFail: PowerFailMeter?
        var journalLimit: UInt64?
        var isRunning = false
        var devices: [(name: String, meter: DeviceMeter)] = []
        var buses: [BusMeters] = []
    }

    private let clock: any BootClock
    private let started: Instant
    private let forwarding: ForwardingMeter
    private let version: String
    private let state = Mutex(State())

    init(clock: any BootClock, forwarding: ForwardingMeter, version: String) {
        self.clock = clock
        self.forwarding = forwarding
        self.version = version
        started = clock.now()
    }

    func show(gateway: String, epoch: Epoch) {
        state.withLock {
            $0.gateway = gateway
            $0.epoch = epoch
        }
    }

    func show(links: [LinkMeter]) {
        state.withLock { $0.links = links }
    }

    func show(configurationFailure: String?) {
        state.withLock { $0.configurationFailure = configurationFailure }
    }

    func show(configurationTrial: ConfigurationTrialReport?) {
        state.withLock { $0.configurationTrial = configurationTrial }
    }

    func show(lentBuses: [String]) {
        state.withLock { $0.lentBuses = lentBuses }
    }

    func show(watchdog: WatchdogMeter?) {
        state.withLock { $0.watchdog = watchdog }
    }

    func show(powerFail: PowerFailMeter?) {
        state.withLock { $0.powerFail = powerFail }
    }

    func show(journalLimit: Int) {
        state.withLock { $0.journalLimit = UInt64(journalLimit) }
    }

    /// Whether the gateway has started and does not end yet.
    var isRunning: Bool {
        get { state.withLock { $0.isRunning } }
        set { state.withLock { $0.isRunning = newValue } }
    }

    func show(devices: [(name: String, meter: DeviceMeter)]) {
        state.withLock { $0.devices = devices }
    }

    func show(buses: [BusMeters]) {
        state.withLock { $0.buses = buses }
    }

    /// How the gateway is doing now.
    public var report: StatusReport {
        let now = clock.now()
        let forwarding = forwarding.snapshot
        return state.withLock { state in
            let buses = Self.busOfDevice(state.buses)
            return StatusReport(
                gateway: state.gateway, version: version,
                uptimeSeconds: (now - started).seconds, clock: clock.anchor().quality.name,
                configurationFailure: state.configurationFailure,
                configurationTrial: state.configurationTrial?.report(at: now),
                lentBuses: state.lentBuses.isEmpty ? nil : state.lentBuses,
                watchdog: state.watchdog?.report(at: now),
                powerFail: state.powerFail?.report(at: now),
                uplinks: state.links.map { link($0, now: now) },
                journal: journal(forwarding, state, now: now),
                buses: state.buses.map { $0.report(at: now) },
                devices: state.devices.map {
                    device($0.name, $0.meter, on: buses[ObjectIdentifier($0.meter)], now: now)
                })
        }
    }

    private func link(_ meter: LinkMeter, now: Instant) -> StatusReport.Link {
        let (state, carried) = (meter.snapshot, meter.statistics)
        return StatusReport.Link(
            name: meter.name, isUp: state.isUp, broker: state.broker ?? meter.broker,
            preferredFailure: state.isUp && !state.isPreferred
                ? "\(meter.broker): \(carried.preferredFailure?.message ?? "not yet looked at")"
                : nil,
            protocolVersion: state.protocolVersion, failure: state.failure,
            nextTrySeconds: state.nextTry.map { max(.zero, $0 - now).seconds },
            sinceSeconds: (now - state.since).seconds,
            connects: state.connects, sent: state.sent, acknowledged: state.acknowledged,
            refused: state.refused, inFlight: state.inFlight, uncommitted: state.uncommitted,
            payloadBytes: state.payloadBytes, bytesSent: carried.bytesSent,
            bytesReceived: carried.bytesReceived,
            roundTripMilliseconds: carried.roundTripMedian.map(Self.milliseconds),
            roundTrip95Milliseconds: carried.roundTrip95.map(Self.milliseconds),
            roundTrips: StatusReport.Durations(carried.roundTrips), delivered: state.delivered,
            failedTries: carried.failedTries, setAside: state.setAside,
            setAsideReason: state.setAsideReason, commands: state.commands,
            refusedCommands: state.refusedCommands)
    }

    private func journal(
        _ forwarding: ForwardingMeter.State, _ state: State, now: Instant
    ) -> StatusReport.Journal {
        let journal = forwarding.journal
        return StatusReport.Journal(
            epoch: state.epoch?.description ?? "", readings: forwarding.taken,
            inMemory: journal.readingsInMemory, onDisk: journal.readingsOnDisk,
            diskBytes: UInt64(journal.bytesOnDisk),
            oldestSeconds: forwarding.oldest.map { (now - $0).seconds },
            commits: journal.commits, lost: journal.lost,
            failure: journal.health.failure, givenUp: journal.givenUp, evicted: journal.evicted,
            limitBytes: state.journalLimit, bytesWritten: journal.bytesWritten,
            syncs: journal.syncs, damagedFrames: journal.damagedFrames,
            quarantined: journal.quarantined, clockAnchors: journal.clockAnchors)
    }

    private func device(
        _ name: String, _ meter: DeviceMeter, on bus: String?, now: Instant
    ) -> StatusReport.Device {
        let counts = meter.snapshot
        return StatusReport.Device(
            name: name, isAnswering: counts.failingSince == nil, good: counts.goodReadings,
            bad: counts.badReadings, badReasons: counts.badReasons, requests: counts.requests,
            failures: counts.failures, missedPolls: counts.missedPolls,
            latencyMilliseconds: counts.latencies.percentile(0.5).map(Self.milliseconds),
            latency95Milliseconds: counts.latencies.percentile(0.95).map(Self.milliseconds),
            responses: StatusReport.Durations(counts.latencies),
            bus: bus, timeouts: counts.timeouts, exceptions: counts.exceptions,
            checksumErrors: counts.checksumErrors, corrupt: counts.corrupt,
            failure: counts.failure, failingSeconds: counts.failingSince.map { (now - $0).seconds },
            nextTrySeconds: counts.nextTry.map { max(.zero, $0 - now).seconds })
    }

    private static func busOfDevice(_ buses: [BusMeters]) -> [ObjectIdentifier: String] {
        var names: [ObjectIdentifier: String] = [:]
        for bus in buses {
            for device in bus.devices { names[ObjectIdentifier(device)] = bus.name }
        }
        return names
    }

    /// Milliseconds with two decimals.
    private static func milliseconds(_ duration: Duration) -> Double {
        (duration.seconds * 100_000).rounded() / 100
    }
}

extension JournalStatistics.Health {
    /// Why the disk does not take readings; nil while it does.
    fileprivate var failure: String? {
        if case .failing(let reason, _) = self { reason } else { nil }
    }
}
