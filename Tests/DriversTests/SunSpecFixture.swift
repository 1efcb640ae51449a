import Buses
import Platform
import Telemetry
import TestSupport

@testable import Drivers

/// A SunSpec device under test: its driver, polled on the bus's own thread.
actor SunSpecFixture {
    /// What a poll has brought: by point the value, or why there is none.
    struct Outcome {
        var values: [String: Value] = [:]
        var qualities: [String: Quality] = [:]
        var failures: [BusError] = []
    }

    private let bus: any ModbusBus
    private let driver: SunSpecDriver
    private let names: [String]

    nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

    /// A driver for all points of these models.
    init(
        bus: any ModbusBus, unit: UInt8 = 1, models: [SunSpecChoice], maximumRegisters: Int = 125
    ) {
        self.bus = bus
        let targets = models.flatMap { choice in
            choice.model.points(trackers: 2).map { point in
                var point = point
                point.name = "\(choice.model.id)#\(choice.instance) " + point.name
                return SunSpecDriver.Target(choice: choice, point: point)
            }
        }
        names = targets.map(\.point.name)
        driver = SunSpecDriver(
            device: HoldingReader(bus: bus, unit: unit, responseTimeout: .seconds(5)),
            bases: SunSpecDiscovery.bases, maximumRegisters: maximumRegisters, targets: targets)
        driver.arrange(groups: [Array(targets.indices)])
    }

    func poll() async -> Outcome {
        let sink = Sink()
        await driver.poll(group: 0, into: sink)
        var outcome = Outcome(failures: sink.failures)
        for sample in sink.samples {
            outcome.values[names[sample.channel]] = sample.value
            outcome.qualities[names[sample.channel]] = sample.quality
        }
        return outcome
    }

    private final class Sink: SampleSink {
        private let clock = SystemClock()
        var samples: [Sample] = []
        var failures: [BusError] = []

        func now() -> Instant { clock.now() }
        func take(_ sample: Sample) { samples.append(sample) }
        func note(transfer: Duration, failure: BusError?) {
            if let failure { failures.append(failure) }
        }
    }
}

extension SunSpecChoice {
    /// A model of this number.
    static func model(_ id: UInt16, _ instance: Int = 1) -> SunSpecChoice {
        SunSpecChoice(
            model: SunSpecModel.with(id: id) ?? SunSpecModel.all[0], instance: instance)
    }
}
