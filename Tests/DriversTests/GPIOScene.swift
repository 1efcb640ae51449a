import Buses
import Synchronization
import Telemetry
import TestSupport

@testable import Drivers

/// GPIO lines in memory and their driver, on a clock that stands still.
actor GPIOScene {
    let bank: ScriptedGPIOBank
    let clock = ManualClock()
    private let driver: GPIODriver
    private let sink: SampleCollector

    nonisolated var unownedExecutor: UnownedSerialExecutor { bank.unownedExecutor }

    /// The roles are the channels, in order; all are one group.
    init(
        _ levels: [String: Bool], debounces: Bool = false, memory: any DriverMemory = NoMemory(),
        _ roles: [GPIORole]
    ) {
        bank = ScriptedGPIOBank(levels, debounces: debounces)
        let clock = clock
        sink = SampleCollector { clock.now() }
        var layout = GPIOLayout()
        for (channel, role) in roles.enumerated() {
            precondition(layout.add(channel, "point-\(channel)", role) == nil)
        }
        driver = GPIODriver(bank: bank, layout: layout, memory: memory)
        driver.arrange(groups: [Array(roles.indices)])
    }

    /// An instant so many milliseconds after the scene's beginning.
    static func at(_ milliseconds: Double) -> Instant {
        Instant(nanoseconds: 1_000_000_000 + Int64(milliseconds * 1e6))
    }

    /// Edges at these milliseconds, the first to `first`, then in turn.
    static func edges(_ milliseconds: [Double], first: Bool = true) -> [Edge] {
        milliseconds.enumerated().map { index, time in
            Edge(isActive: first == index.isMultiple(of: 2), at: at(time))
        }
    }

    /// Moves the clock to so many milliseconds after the beginning, and collects.
    func collect(at milliseconds: Double) async -> [Sample] {
        move(to: milliseconds)
        return await samples { await driver.collect(into: sink) }
    }

    func poll(at milliseconds: Double) async -> [Sample] {
        move(to: milliseconds)
        return await samples { await driver.poll(group: 0, into: sink) }
    }

    func write(_ value: Value, to channel: Int) async throws(DriverError) -> Value? {
        try await driver.write(value, to: channel, into: sink)
    }

    var wakeTime: Instant? { driver.wakeTime }
    var messages: [String] { sink.messages }

    private func move(to milliseconds: Double) {
        clock.advance(by: GPIOScene.at(milliseconds) - clock.now())
    }

    private func samples(_ body: () async -> Void) async -> [Sample] {
        let before = sink.samples.count
        await body()
        return Array(sink.samples[before...])
    }
}

extension GPIORole {
    static func door(debounce: Duration = .zero, changes: Double = 10) -> GPIORole {
        .state(wish("door", debounce), changes: changes)
    }

    static func count(_ line: String, perUnit: Double? = nil) -> GPIORole {
        .count(wish(line, .zero), PulseValue(perUnit: perUnit))
    }

    static func rate(_ line: String, perUnit: Double, seconds: Double) -> GPIORole {
        .rate(wish(line, .zero), PulseValue(perUnit: perUnit, seconds: seconds))
    }

    static func relay(
        initial: Bool? = nil, safe: Bool? = nil, pulse: Duration? = nil
    ) -> GPIORole {
        .output(
            GPIOLine(.name("relay"), .output(.pushPull, initial: initial)),
            OutputRules(safe: safe, pulse: pulse))
    }

    private static func wish(_ line: String, _ debounce: Duration) -> GPIOWish {
        GPIOWish(address: .name(line), isActiveLow: false, bias: .asIs, debounce: debounce)
    }
}

/// Keeps counts in memory.
final class CountMemory: DriverMemory {
    private let counts: Mutex<[String: UInt64]>

    init(_ counts: [String: UInt64] = [:]) {
        self.counts = Mutex(counts)
    }

    func load() -> String? { nil }
    func save(_ text: String) {}
    func count(named name: String) -> UInt64? { counts.withLock { $0[name] } }
    func keep(count: UInt64, named name: String) { counts.withLock { $0[name] = count } }
}
