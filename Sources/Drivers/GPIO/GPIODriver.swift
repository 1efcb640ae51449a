import Buses
import Telemetry

/// The machine's GPIO lines as a device: inputs tell their changes by themselves, with the kernel's
/// time stamps; the poll of a group is a heartbeat.
final class GPIODriver: Driver {
    private let bank: any GPIOBank
    private let inputs: [GPIOInput]
    private let outputs: [GPIOOutput]
    private var groups: [Set<Int>] = []

    init(bank: any GPIOBank, layout: GPIOLayout, memory: any DriverMemory) {
        self.bank = bank
        inputs = layout.inputs.map {
            GPIOInput($0, bankDebounces: bank.debounces, memory: memory)
        }
        outputs = layout.outputs.map { GPIOOutput($0) }
    }

    func arrange(groups: [[Int]]) {
        self.groups = groups.map { Set($0) }
    }

    var wakeTime: Instant? {
        let times = inputs.map(\.wakeTime) + outputs.map(\.wakeTime)
        return times.min() ?? .latest
    }

    func collect(into sink: any SampleSink) async {
        for input in inputs { await input.collect(from: bank, into: sink) }
        for output in outputs { await output.collect(from: bank, into: sink) }
    }

    func poll(group: Int, into sink: any SampleSink) async {
        let wanted = groups[group]
        for input in inputs where input.layout.channels.contains(where: wanted.contains) {
            await input.poll(wanted, from: bank, into: sink)
        }
        for output in outputs where wanted.contains(output.layout.channel) {
            await output.poll(from: bank, into: sink)
        }
    }

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        if let output = outputs.first(where: { $0.layout.channel == channel }) {
            return try await output.write(value, by: bank, into: sink)
        }
        let input = inputs.first { $0.layout.channels.contains(channel) }
        throw .notWritable(channel: input.map { "\($0.layout.wish.address)" } ?? "the point")
    }
}
