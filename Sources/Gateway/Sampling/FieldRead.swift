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

    /// Reads channels once.
    public func outcome(of channels: [Int], over buses: any BusProvider) async -> ReadOutcome {
        let visitor = FieldVisitor(handle: line.open(buses), clock: clock)
        return await visitor.read(device, channels)
    }
}

/// One write to one device, without a gateway around it.
public struct FieldWrite: Sendable {
    private let place: PointLookup.Place
    private let clock: any BootClock

    /// A write to this point.
    public init(to place: PointLookup.Place, clock: any BootClock) {
        self.place = place
        self.clock = clock
    }

    /// Writes a value. Returns what the device shows afterwards; nil if it was not read back.
    public func write(
        _ value: Value, over buses: any BusProvider
    ) async throws(DriverError) -> Value? {
        let visitor = FieldVisitor(handle: place.line.open(buses), clock: clock)
        return try await visitor.write(value, to: place.channel, of: place.device)
    }
}

/// Reads and writes on the bus's own thread, and lets go of it again.
private actor FieldVisitor {
    /// The most polls of one read: what a driver needs to find a few registers that the device
    /// refuses.
    private static let searchLimit = 16

    private let handle: BusHandle
    private let clock: any BootClock

    nonisolated var unownedExecutor: UnownedSerialExecutor { handle.bus.unownedExecutor }

    init(handle: BusHandle, clock: any BootClock) {
        self.handle = handle
        self.clock = clock
    }

    func read(_ device: DeviceSpec, _ channels: [Int]) async -> ReadOutcome {
        let driver = device.plan.makeDriver(handle, NoMemory())
        let sink = CollectingSink(clock: clock)
        driver.arrange(groups: [channels])
        var plan = driver.planSummary
        for _ in 0..<Self.searchLimit {
            sink.forget()
            await driver.poll(group: 0, into: sink)
            // What one register spoilt for others is right as soon as the driver has found it.
            guard sink.hasRefusals, driver.planSummary != plan else { break }
            plan = driver.planSummary
        }
        await handle.bus.close()
        return ReadOutcome(
            sink.samples, of: channels, device, failure: sink.failure?.message)
    }

    func write(
        _ value: Value, to channel: Int, of device: DeviceSpec
    ) async throws(DriverError) -> Value? {
        let driver = device.plan.makeDriver(handle, NoMemory())
        let shown: Value?
        do throws(DriverError) {
            shown = try await driver.write(value, to: channel, into: CollectingSink(clock: clock))
        } catch {
            await handle.bus.close()
            throw error
        }
        await handle.bus.close()
        return shown
    }
}

private final class CollectingSink: SampleSink {
    private let clock: any BootClock
    private(set) var samples: [Sample] = []
    private(set) var failure: BusError?

    init(clock: any BootClock) {
        self.clock = clock
    }

    /// Whether a sample is bad because the device refused addresses.
    var hasRefusals: Bool {
        samples.contains { $0.quality == .illegalAddress || $0.quality == .illegalValue }
    }

    /// Begins anew.
    func forget() { (samples, failure) = ([], nil) }

    func now() -> Instant { clock.now() }
    func take(_ sample: Sample) { samples.append(sample) }
    func note(transfer: Duration, failure: BusError?) { self.failure = failure ?? self.failure }
}
