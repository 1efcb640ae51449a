import Buses
import Telemetry

/// A chip with lines, looked at again and again: inputs tell their changes, the poll of a group is a
/// heartbeat.
///
/// A chip that lost its power is an input everywhere. It is set up again when it is found so, outputs
/// as they were.
final class LineChipDriver<Chip: LineChip>: Driver {
    /// How long a chip that does not answer is left alone, at first and at most.
    private static var pauses: ClosedRange<Duration> { .seconds(1) ... .seconds(30) }

    private let bus: any I2CBus
    private let address: UInt8
    private let scan: Duration
    private let lines: [ChipLine]
    private var setup = LineSetup()
    private var inputs: [PolledDebounce]
    private var groups: [[Int]] = []
    /// Whether the chip has been set up since it last failed.
    private var isStarted = false
    /// Whether it has ever been: outputs then keep what they were driven to.
    private var isKnown = false
    /// Whether there has been a poll: before, there is nothing that a change could follow.
    private var isPolled = false
    private var nextScan = Instant(nanoseconds: .min)
    /// The pause behind the last failure; nil if there was none.
    private var pause: Duration?

    init(bus: any I2CBus, address: UInt8, scan: Duration, lines: [ChipLine]) {
        self.bus = bus
        self.address = address
        self.scan = scan
        self.lines = lines
        inputs = lines.map { PolledDebounce(time: $0.debounce) }
        for line in lines {
            if line.output != nil { setup.outputs |= line.mask }
            if line.isPulledUp { setup.pullUps |= line.mask }
        }
    }

    func arrange(groups: [[Int]]) {
        self.groups = groups
    }

    /// Outputs alone change only when they are written.
    var wakeTime: Instant? {
        lines.allSatisfy { $0.output != nil } && pause == nil ? .latest : nextScan
    }

    func collect(into sink: any SampleSink) async {
        let start = sink.now()
        guard start >= nextScan else { return }
        let wasFailing = pause != nil
        do throws(BusError) {
            let pins = try await look(sink)
            let now = sink.now()
            succeed(at: now)
            if wasFailing { sink.note(transfer: now - start, failure: nil) }
            for channel in lines.indices {
                let change = take(pins, channel, at: now)
                // What was bad is good again, whatever it is.
                if let change, wasFailing || lines[channel].output == nil {
                    tell(change.level, channel, at: wasFailing ? now : change.instant, sink)
                } else if wasFailing {
                    tell(shown(pins, channel), channel, at: now, sink)
                }
            }
        } catch {
            fail(error, lines.indices.map { $0 }, since: start, isNews: !wasFailing, sink)
        }
    }

    func poll(group: Int, into sink: any SampleSink) async {
        let start = sink.now()
        let wasFailing = pause != nil && isPolled
        do throws(BusError) {
            let pins = try await look(sink)
            let now = sink.now()
            succeed(at: now)
            sink.note(transfer: now - start, failure: nil)
            let polled = Set(groups[group])
            for channel in lines.indices {
                let change = take(pins, channel, at: now)
                if wasFailing || polled.contains(channel) {
                    tell(shown(pins, channel), channel, at: now, sink)
                } else if let change, isPolled {
                    tell(change.level, channel, at: change.instant, sink)
                }
            }
            isPolled = true
        } catch {
            fail(error, groups[group], since: start, isNews: true, sink)
        }
    }

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        let line = lines[channel]
        guard line.output != nil else { throw .notWritable(channel: line.name) }
        guard let isActive = value.asSwitch else {
            throw .unfitValue("\(line.name) is a switch: on or off, not \(value.text)")
        }
        let pins: UInt16
        do throws(BusError) {
            pins = try await drive(line, isActive, sink)
        } catch {
            isStarted = false
            throw .bus(error)
        }
        tell(shown(pins, channel), channel, at: sink.now(), sink)
        guard shown(pins, channel) == isActive else {
            throw .notTaken(
                "\(line.name) was switched \(isActive ? "on" : "off") and reads back the opposite; "
                    + "is the line shorted, or driven by something else?")
        }
        return .bool(isActive)
    }

    // MARK: The chip

    private func device(_ sink: any SampleSink) -> I2CDevice {
        I2CDevice(bus: bus, address: address, clock: sink)
    }

    /// The pins of a chip that is set up.
    private func look(_ sink: any SampleSink) async throws(BusError) -> UInt16 {
        let device = device(sink)
        if !isKnown { try await learn(device) }
        if isStarted {
            let (pins, isSetUp) = try await Chip.read(setup, device)
            if isSetUp { return pins }
        }
        try await Chip.setUp(setup, device)
        isStarted = true
        return try await Chip.read(setup, device).pins
    }

    /// Outputs begin as the configuration has it, or as they are; inactive if nobody drives them yet.
    private func learn(_ device: I2CDevice) async throws(BusError) {
        let driven = try await Chip.driven(device)
        for line in lines where line.output != nil {
            let isDriven = driven.outputs & line.mask != 0
            let present = isDriven ? driven.levels & line.mask != 0 : line.isActiveLow
            setLevel(of: line, isHigh: line.initial.map { $0 != line.isActiveLow } ?? present)
        }
        isKnown = true
    }

    private func setLevel(of line: ChipLine, isHigh: Bool) {
        setup.levels = isHigh ? setup.levels | line.mask : setup.levels & ~line.mask
    }

    private func drive(
        _ line: ChipLine, _ isActive: Bool, _ sink: any SampleSink
    ) async throws(BusError) -> UInt16 {
        _ = try await look(sink)
        let before = setup.levels & line.mask != 0
        setLevel(of: line, isHigh: isActive != line.isActiveLow)
        do throws(BusError) {
            try await Chip.drive(setup, changed: line.mask, device(sink))
        } catch {
            // What is reported as failed must not be done later.
            setLevel(of: line, isHigh: before)
            throw error
        }
        return try await Chip.read(setup, device(sink)).pins
    }

    // MARK: Telling

    private func isActive(_ pins: UInt16, _ channel: Int) -> Bool {
        (pins & lines[channel].mask != 0) != lines[channel].isActiveLow
    }

    /// The level that counts: of an input the one that has held.
    private func shown(_ pins: UInt16, _ channel: Int) -> Bool {
        guard lines[channel].output == nil else { return isActive(pins, channel) }
        return inputs[channel].stable ?? isActive(pins, channel)
    }

    private func take(
        _ pins: UInt16, _ channel: Int, at now: Instant
    ) -> (level: Bool, instant: Instant)? {
        guard lines[channel].output == nil else { return nil }
        return inputs[channel].take(isActive(pins, channel), at: now)
    }

    private func tell(
        _ level: Bool, _ channel: Int, at instant: Instant, _ sink: any SampleSink
    ) {
        sink.take(
            Sample(channel: channel, value: .bool(level), quality: .good, instant: instant))
    }

    private func succeed(at now: Instant) {
        pause = nil
        nextScan = now + scan
    }

    private func fail(
        _ error: BusError, _ channels: [Int], since start: Instant, isNews: Bool,
        _ sink: any SampleSink
    ) {
        let now = sink.now()
        isStarted = false
        inputs = lines.map { PolledDebounce(time: $0.debounce) }
        pause = pause.map { min($0 * 2, Self.pauses.upperBound) } ?? Self.pauses.lowerBound
        nextScan = now + (pause ?? scan)
        guard isNews else { return }
        sink.note(transfer: now - start, failure: error)
        for channel in channels {
            sink.take(
                Sample(channel: channel, value: nil, quality: error.quality, instant: now))
        }
    }
}
