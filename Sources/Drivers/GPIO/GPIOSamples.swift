import Telemetry

/// What is told of an input line, in the order of its channels.
struct GPIOSamples {
    let layout: GPIOLayout.Input

    /// The level, to the channels that are states.
    func tell(_ level: Bool, at instant: Instant, _ sink: any SampleSink) {
        for channel in layout.states {
            sink.take(
                Sample(channel: channel, value: .bool(level), quality: .good, instant: instant))
        }
    }

    /// That channels have no value.
    func tell(
        _ quality: Quality, to channels: Set<Int>, at instant: Instant, _ sink: any SampleSink
    ) {
        for channel in layout.channels where channels.contains(channel) {
            sink.take(Sample(channel: channel, value: nil, quality: quality, instant: instant))
        }
    }

    /// All that there is to tell of channels now.
    func tell(
        _ wanted: Set<Int>, level: Bool?, isChattering: Bool, _ meter: inout PulseMeter,
        at now: Instant, _ sink: any SampleSink
    ) {
        if isChattering {
            tell(.chattering, to: wanted.intersection(layout.states), at: now, sink)
        } else if let level {
            for channel in layout.states where wanted.contains(channel) {
                tell(channel, .bool(level), at: now, sink)
            }
        }
        for (channel, _, value) in layout.counts where wanted.contains(channel) {
            tell(channel, value.total(meter.count), at: now, sink)
        }
        let rates = layout.rates.filter { wanted.contains($0.channel) }
        // Asking for the rate begins a new span of it.
        guard !rates.isEmpty else { return }
        let rate = meter.rate(at: now)
        for (channel, value) in rates {
            if let rate {
                tell(channel, .double(value.rate(rate)), at: now, sink)
            } else {
                tell(.notAvailable, to: [channel], at: now, sink)
            }
        }
    }

    private func tell(
        _ channel: Int, _ value: Value, at now: Instant, _ sink: any SampleSink
    ) {
        sink.take(Sample(channel: channel, value: value, quality: .good, instant: now))
    }
}

extension PulseValue {
    /// A count in the unit.
    fileprivate func total(_ count: UInt64) -> Value {
        perUnit.map { .double(Double(count) / $0) } ?? .uint64(count)
    }

    /// Pulses a second in the unit.
    fileprivate func rate(_ pulses: Double) -> Double {
        pulses / (perUnit ?? 1) * seconds
    }
}
