import Buses
import Telemetry

/// A chip on an I2C bus that measures: the part that is the same for every one.
final class I2CChipDriver<Chip: I2CChip>: Driver {
    private let bus: any I2CBus
    private let address: UInt8
    private let channels: [I2CPlan<Chip>.Channel]
    private var chip: Chip
    /// Whether the chip knows what it has to know; not after it was away, since power may have
    /// been too.
    private var isStarted = false
    private var groups: [[Int]] = []

    init(bus: any I2CBus, address: UInt8, chip: Chip, channels: [I2CPlan<Chip>.Channel]) {
        self.bus = bus
        self.address = address
        self.chip = chip
        self.channels = channels
    }

    func arrange(groups: [[Int]]) {
        self.groups = groups
    }

    func poll(group: Int, into sink: any SampleSink) async {
        let group = groups[group]
        let device = I2CDevice(bus: bus, address: address, clock: sink)
        let start = sink.now()
        do throws(BusError) {
            let measured = try await measure(group, device)
            let instant = sink.now()
            sink.note(transfer: instant - start, failure: nil)
            for (channel, value) in zip(group, measured) {
                sink.take(sample(of: channel, value, at: instant))
            }
        } catch {
            isStarted = false
            let instant = sink.now()
            sink.note(transfer: instant - start, failure: error)
            for channel in group {
                sink.take(sample(of: channel, .bad(error.quality), at: instant))
            }
        }
    }

    private func measure(
        _ group: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured] {
        if !isStarted { try await chip.start(device) }
        isStarted = true
        let wanted = group.map { channels[$0].quantity }
        let measured = try await chip.measure(wanted, device)
        guard measured.count == wanted.count else {
            throw BusError(.corrupt, "the chip's driver did not measure all that was wanted")
        }
        return measured
    }

    private func sample(of channel: Int, _ measured: Measured, at instant: Instant) -> Sample {
        switch measured {
        case .bad(let quality):
            Sample(channel: channel, value: nil, quality: quality, instant: instant)
        case .value(.double(let value)):
            Sample(
                channel: channel, value: .double(value + channels[channel].offset),
                quality: .good, instant: instant)
        case .value(let value):
            Sample(channel: channel, value: value, quality: .good, instant: instant)
        }
    }

    func write(_ value: Value, to channel: Int, into sink: any SampleSink) throws(DriverError)
        -> Value?
    {
        throw .notWritable(channel: channels[channel].name)
    }
}
