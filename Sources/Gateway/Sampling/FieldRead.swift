import Buses
import Drivers
import Telemetry

/// One read of one device, without a gateway around it.
public struct FieldRead: Sendable {
    private let line: LinePlan
    private let device: DeviceSpec
    private let clock: any BootClock

    /// A read of this device on its line.
    public init(line: LinePlan, device: DeviceSpec, clock: any BootClock) {
        self.line = line
        self.device = device
        self.clock = clock
    }

    /// Reads channels once, in order of channel, and why the requests behind bad ones failed.
    public func samples(
        of channels: [Int], over buses: any BusProvider
    ) async -> [(sample: Sample, failure: String?)] {
        let reader = FieldReader(handle: line.open(buses), clock: clock)
        return await reader.read(device, channels)
    }
}

/// Reads on the bus's own thread.
private actor FieldReader {
    private let handle: BusHandle
    private let clock: any BootClock

    nonisolated var unownedExecutor: UnownedSerialExecutor { handle.bus.unownedExecutor }

    init(handle: BusHandle, clock: any BootClock) {
        self.handle = handle
        self.clock = clock
    }

    func read(_ device: DeviceSpec, _ channels: [Int]) async -> [(sample: Sample, failure: String?)]
    {
        let driver = device.plan.makeDriver(handle)
        let sink = CollectingSink(clock: clock)
        driver.arrange(groups: [channels])
        await driver.poll(group: 0, into: sink)
        await handle.bus.close()
        return sink.samples
            .sorted { $0.channel < $1.channel }
            .map { ($0, $0.quality.isGood ? nil : sink.failure?.message) }
    }
}

private final class CollectingSink: SampleSink {
    private let clock: any BootClock
    private(set) var samples: [Sample] = []
    private(set) var failure: BusError?

    init(clock: any BootClock) {
        self.clock = clock
    }

    func now() -> Instant { clock.now() }
    func take(_ sample: Sample) { samples.append(sample) }
    func note(transfer: Duration, failure: BusError?) { self.failure = failure ?? self.failure }
}
