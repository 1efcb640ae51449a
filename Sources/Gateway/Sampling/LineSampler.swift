import Buses
import Drivers
import Logging
import Platform
import Telemetry

/// Polls all devices of one bus, earliest deadline first, on the bus's own executor.
actor LineSampler {
    private let bus: any Bus
    private let handle: BusHandle
    private let clock: any BootClock
    private let intake: Intake
    private let devices: [(spec: DeviceSpec, meter: DeviceMeter)]
    private var logger: Logger
    private var samplers: [DeviceSampler] = []
    private let turns = Turns()
    private let memory: @Sendable (String) -> any DriverMemory
    private let name: String
    private let meter: LineMeter
    private let pulse: Liveness.Pulse
    private var nextJudgement: Instant
    /// When a try may take its whole time-out again.
    private var nextWholeTry: Instant
    private var missedBefore: UInt64 = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

    init(
        name: String, handle: BusHandle, meter: LineMeter,
        devices: [(spec: DeviceSpec, meter: DeviceMeter)], intake: Intake, clock: any BootClock,
        memory: @escaping @Sendable (String) -> any DriverMemory = { _ in NoMemory() },
        liveness: Liveness, logger: Logger
    ) {
        pulse = liveness.pulse(of: "the bus \(name)")
        pulse.promise(until: clock.now() + Liveness.longestTransfer)
        self.memory = memory
        self.name = name
        self.meter = meter
        self.handle = handle
        self.devices = devices
        self.intake = intake
        self.clock = clock
        self.logger = logger
        // What its devices say belongs to the bus too.
        self.logger[metadataKey: "bus"] = .string(name)
        nextJudgement = clock.now() + LineMeter.part
        nextWholeTry = clock.now()
        bus = handle.bus
    }

    /// Polls until the task is cancelled, then lets go of the bus.
    func run() async {
        makeSamplers()
        while !Task.isCancelled {
            pulse.promise(until: clock.now() + Liveness.longestTransfer)
            await collect()
            guard let turn = nextTurn() else { break }
            switch turn {
            case .suspend(let sampler, let group): sampler.suspend(group: group)
            case .poll(let sampler, let group, let limit): await poll(sampler, group, limit)
            case .rest(let deadline):
                let wake = min(deadline, samplers.compactMap(\.wakeTime).min() ?? deadline)
                pulse.promise(until: wake)
                do throws(CancellationError) {
                    try await bus.rest(until: wake)
                } catch {
                    break
                }
            }
        }
        await bus.close()
        pulse.end()
    }

    /// Takes over what devices have told by themselves.
    private func collect() async {
        for sampler in samplers where sampler.wakeTime != nil {
            guard await turns.take() else { return }
            await sampler.collect()
            turns.pass()
        }
    }

    private func nextTurn() -> LineTurn? {
        let now = clock.now()
        return LineTurn.next(of: samplers, now: now, mayBeWhole: now >= nextWholeTry)
    }

    private func poll(_ sampler: DeviceSampler, _ group: Int, _ limit: Duration?) async {
        guard await turns.take() else { return }
        if limit != nil {
            await bus.limitWaits(to: limit)
        } else if sampler.quarantine.isActive {
            nextWholeTry = clock.now() + Quarantine.wholeTryDistance
        }
        let start = clock.now()
        await sampler.poll(group: group, isCutShort: limit != nil)
        let now = clock.now()
        if limit != nil { await bus.limitWaits(to: nil) }
        turns.pass()
        meter.note(busy: now - start, until: now)
        if now >= nextJudgement { judgeLoad(now) }
    }

    /// Says once that the line has not the time for its devices, and once that it has again.
    private func judgeLoad(_ now: Instant) {
        nextJudgement = now + LineMeter.part
        let demand = LineDemand(parts: samplers.flatMap(\.demand))
        let missed = samplers.reduce(0) { $0 + $1.missed }
        defer { missedBefore = missed }
        if meter.overload == nil, demand.total > 1, missed > missedBefore {
            meter.overload = demand.report
            logger.error("the line \(demand.report)", metadata: about(.busOverloaded))
        } else if meter.overload != nil, demand.total < LineDemand.relief {
            meter.overload = nil
            logger.notice("the line has time for all of its devices again")
        } else if meter.overload != nil {
            meter.overload = demand.report
        }
    }

    /// Lets go of the bus.
    func close() async {
        await bus.close()
    }

    private func makeSamplers() {
        guard samplers.isEmpty else { return }
        samplers = devices.map { device in
            DeviceSampler(
                spec: device.spec, bus: handle,
                memory: memory(device.spec.name), intake: intake,
                clock: clock, meter: device.meter, pulse: pulse, logger: logger)
        }
    }

    // MARK: Reading and writing by hand

    /// Reads channels of a device, between two polls.
    func read(_ channels: [Int], of device: String) async throws(DriverError) -> ReadOutcome? {
        makeSamplers()
        guard let sampler = samplers.first(where: { $0.spec.name == device }) else { return nil }
        guard await turns.take() else { throw Self.tooMany }
        defer { turns.pass() }
        return await sampler.read(channels)
    }

    private static let tooMany = DriverError.bus(
        BusError(.system, "\(Turns.waitingLimit) reads and writes are waiting; ask for less"))

    /// Writes to a channel of a device, between two polls.
    ///
    /// - Returns: What the device shows afterwards; nil if it was not asked.
    func write(
        _ value: Value, to channel: Int, of device: String
    ) async throws(DriverError) -> Value? {
        makeSamplers()
        guard let sampler = samplers.first(where: { $0.spec.name == device }) else { return nil }
        guard await turns.take() else { throw Self.tooMany }
        defer { turns.pass() }
        return try await sampler.write(value, to: channel)
    }

    /// Writes their safe values to the channels that have one, of these devices.
    ///
    /// - Parameter deadline: What has not been begun by then is left.
    func enterSafeState(of names: Set<String>, by deadline: Instant) async -> SafeStateOutcome {
        var outcome = SafeStateOutcome()
        for (device, _) in devices where names.contains(device.name) {
            for (channel, value) in device.safeValues {
                let path = device.points[channel].point.path
                guard clock.now() < deadline else {
                    outcome.failed.append("\(path): there was no time left")
                    continue
                }
                do throws(DriverError) {
                    _ = try await write(value, to: channel, of: device.name)
                    outcome.written.append(path)
                } catch {
                    outcome.failed.append("\(path): \(error)")
                }
            }
        }
        return outcome
    }
}

extension BusHandle {
    /// The bus, whatever its kind.
    var bus: any Bus {
        switch self {
        case .modbus(let bus): bus
        case .i2c(let bus): bus
        case .gpio(let bus): bus
        case .hwmon(let bus): bus
        case .process(let bus): bus
        }
    }
}
