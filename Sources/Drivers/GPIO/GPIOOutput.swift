import Buses
import Telemetry

/// An output line: a relay, a lamp.
final class GPIOOutput {
    let layout: GPIOLayout.Output
    /// What it was driven to last; nil if nobody has driven it.
    private var wanted: Bool?
    /// When a pulse ends.
    private var pulseEnd: Instant?
    /// Whether its level has been told since it was claimed.
    private var isTaken = false
    private var hasFailed = false

    init(_ layout: GPIOLayout.Output) {
        self.layout = layout
    }

    /// When a line that could not be had is asked for again.
    private var retry: Instant?

    var wakeTime: Instant { min(pulseEnd ?? .latest, retry ?? .latest) }

    /// Takes the line if that is still to be done, and ends a pulse whose time is over.
    func collect(from bank: any GPIOBank, into sink: any SampleSink) async {
        let isOver = pulseEnd.map { $0 <= sink.now() } ?? false
        guard !isTaken || isOver else { return }
        do throws(BusError) {
            if isOver {
                // It ends, if not now then when the line can be had again.
                (wanted, pulseEnd) = (false, nil)
                try await bank.drive(layout.line, active: false)
            }
            try await tell(bank, sink)
        } catch {
            fail(error, sink)
        }
    }

    /// Tells its level.
    func poll(from bank: any GPIOBank, into sink: any SampleSink) async {
        let start = sink.now()
        do throws(BusError) {
            try await tell(bank, sink)
            sink.note(transfer: sink.now() - start, failure: nil)
        } catch {
            if hasFailed { tell(error.quality, sink) }
            fail(error, sink)
        }
    }

    /// Drives it, and reads back what it is then.
    func write(
        _ value: Value, by bank: any GPIOBank, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        guard let isActive = value.asSwitch else {
            throw .unfitValue("\(layout.name) is a switch: on or off, not \(value.text)")
        }
        guard try await isShown(isActive, by: bank, into: sink) else {
            throw .notTaken(
                "\(layout.name) was switched \(isActive ? "on" : "off") and reads back the opposite; "
                    + "is the line shorted, or driven by something else?")
        }
        return .bool(isActive)
    }

    private func isShown(
        _ isActive: Bool, by bank: any GPIOBank, into sink: any SampleSink
    ) async throws(DriverError) -> Bool {
        do throws(BusError) {
            try await drive(isActive, by: bank)
            pulseEnd = isActive ? layout.rules.pulse.map { sink.now() + $0 } : nil
            return try await tell(bank, sink) == isActive
        } catch {
            throw .bus(error)
        }
    }

    private func drive(_ isActive: Bool, by bank: any GPIOBank) async throws(BusError) {
        try await bank.drive(layout.line, active: isActive)
        // What is reported as failed must not be done later.
        wanted = isActive
        if !isActive { pulseEnd = nil }
    }

    /// Tells the level. A line that was lost is driven again as it was.
    @discardableResult
    private func tell(
        _ bank: any GPIOBank, _ sink: any SampleSink
    ) async throws(BusError) -> Bool {
        if hasFailed, let wanted { try await bank.drive(layout.line, active: wanted) }
        let level = try await bank.level(of: layout.line)
        if hasFailed { sink.note(transfer: .zero, failure: nil) }
        (isTaken, hasFailed, retry) = (true, false, nil)
        sink.take(
            Sample(
                channel: layout.channel, value: .bool(level), quality: .good, instant: sink.now()))
        return level
    }

    private func fail(_ error: BusError, _ sink: any SampleSink) {
        retry = sink.now() + GPIOInput.retryDelay
        guard !hasFailed else { return }
        (isTaken, hasFailed) = (false, true)
        sink.note(transfer: .zero, failure: error)
        tell(error.quality, sink)
    }

    private func tell(_ quality: Quality, _ sink: any SampleSink) {
        sink.take(
            Sample(channel: layout.channel, value: nil, quality: quality, instant: sink.now()))
    }
}
