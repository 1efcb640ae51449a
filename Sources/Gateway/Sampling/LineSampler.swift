import Buses
import Drivers
import Logging
import Telemetry

/// Polls all devices of one bus, earliest deadline first, on the bus's own executor.
actor LineSampler {
    private let bus: any Bus
    private let handle: BusHandle
    private let clock: any BootClock
    private let intake: Intake
    private let devices: [(spec: DeviceSpec, meter: DeviceMeter)]
    private let logger: Logger

    nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

    init(
        handle: BusHandle, devices: [(spec: DeviceSpec, meter: DeviceMeter)], intake: Intake,
        clock: any BootClock, logger: Logger
    ) {
        self.handle = handle
        self.devices = devices
        self.intake = intake
        self.clock = clock
        self.logger = logger
        bus = handle.bus
    }

    /// Polls until the task is cancelled, then lets go of the bus.
    func run() async {
        let samplers = devices.map { device in
            DeviceSampler(
                spec: device.spec, bus: handle, intake: intake, clock: clock,
                meter: device.meter, logger: logger)
        }
        while !Task.isCancelled, let next = earliest(of: samplers) {
            do throws(CancellationError) {
                try await bus.sleep(until: next.deadline)
            } catch {
                break
            }
            await next.sampler.poll(group: next.group)
        }
        await bus.close()
    }

    private func earliest(
        of samplers: [DeviceSampler]
    ) -> (sampler: DeviceSampler, deadline: Instant, group: Int)? {
        var best: (sampler: DeviceSampler, deadline: Instant, group: Int)?
        for sampler in samplers {
            guard let next = sampler.next else { continue }
            if let best, best.deadline <= next.deadline { continue }
            best = (sampler, next.deadline, next.group)
        }
        return best
    }
}

extension BusHandle {
    /// The bus, whatever its kind.
    var bus: any Bus {
        switch self {
        case .modbus(let bus): bus
        }
    }
}
