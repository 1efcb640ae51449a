import Buses
import Telemetry
import TestSupport

@testable import Drivers

/// A device in memory and its driver, on one scripted bus.
actor RegisterScene {
    /// The device's unit id.
    static let unit: UInt8 = 1

    let bus: ScriptedModbusBus
    private let driver: RegisterMapDriver
    private let sink: SampleCollector

    nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

    /// The points are polled as one group.
    init(
        _ device: ScriptedDevice, maximumGap: Int = 0, pause: Duration? = nil,
        memory: any DriverMemory = NoMemory(),
        clock: ManualClock = ManualClock(),
        _ registers: [RegisterMapDriver.Register]
    ) {
        bus = ScriptedModbusBus([Self.unit: device])
        sink = SampleCollector { clock.now() }
        driver = RegisterMapDriver(
            bus: bus, unit: Self.unit, responseTimeout: nil, pause: pause,
            planner: BlockPlanner(maximumRegisters: 125, maximumGap: maximumGap),
            registers: registers, memory: memory)
        driver.arrange(groups: [Array(registers.indices)])
    }

    /// Writes to the first point.
    func write(_ value: Value) async throws(DriverError) -> Value? {
        try await driver.write(value, to: 0, into: sink)
    }

    /// The samples of one poll, by channel.
    func poll() async -> [Sample] {
        let before = sink.samples.count
        await driver.poll(group: 0, into: sink)
        return sink.samples.dropFirst(before).sorted { $0.channel < $1.channel }
    }

    /// All samples so far.
    func samples() -> [Sample] { sink.samples }
}

/// Keeps the samples that a driver gives.
final class SampleCollector: SampleSink {
    private(set) var samples: [Sample] = []
    private(set) var transfers = 0
    private(set) var failures: [BusError] = []
    private(set) var messages: [String] = []
    private let clock: () -> Instant

    init(clock: @escaping () -> Instant) {
        self.clock = clock
    }

    func now() -> Instant { clock() }
    func take(_ sample: Sample) { samples.append(sample) }
    func note(transfer: Duration, failure: BusError?) {
        transfers += 1
        if let failure { failures.append(failure) }
    }
    func tell(_ message: String, isTrouble: Bool) { messages.append(message) }
}
