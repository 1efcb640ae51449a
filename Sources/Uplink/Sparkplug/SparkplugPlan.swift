import Telemetry

/// Which readings of a batch go into which messages of one call of the encoder.
///
/// Readings are taken in their order until a bound is reached, and gathered by device: one message
/// has one device. Whether they fit is told by the most bytes that each can take, so that nothing
/// is encoded twice.
struct SparkplugPlan: Sendable {
    /// The readings of one message: a chain through `next`.
    struct Bin: Sendable {
        let device: Int
        var bytes: Int
        let head: Int
        var tail: Int
        /// Whether their instants rise.
        var isSorted = true
        var last: Instant
    }

    /// What is to be said of a reading.
    struct Marks: OptionSet, Sendable {
        let rawValue: UInt8
        /// It is no news: newer ones were sent, or it is of an outage.
        static let historical = Marks(rawValue: 1)
        /// It is longer than a message may be.
        static let tooLong = Marks(rawValue: 2)
    }

    /// The most bytes of a metric's properties and of what stands around a text.
    private static let propertyBytes = 128
    /// What a payload has beside its metrics.
    private static let headBytes = 32

    /// The messages' readings, in the messages' order.
    private(set) var bins: [Bin] = []
    /// The devices that are met, in order.
    private(set) var devices: [Int] = []
    /// The reading behind each in its message, counted from the first reading of the call; -1 for
    /// none.
    private(set) var next: [Int32] = []
    private(set) var marks: [Marks] = []
    private var messages = 0
    private var call: UInt64 = 0
    private var hasBad = false

    /// What a call's readings are taken under.
    struct Rules {
        var byteLimit: Int
        var messageLimit: Int
        var isHistory: Bool
        /// Whether each metric has words about the clock.
        var hasClock: Bool
    }

    /// Takes readings from `offset` on; returns how many, at least one.
    mutating func take(
        _ readings: ReadingBatch, from offset: Int, _ rules: Rules,
        _ register: inout SparkplugRegister
    ) -> Int {
        begin(&register)
        for index in offset..<readings.count {
            guard take(readings, index, offset, rules, &register) else { return index - offset }
        }
        return readings.count - offset
    }

    private mutating func begin(_ register: inout SparkplugRegister) {
        for device in devices { register.devices[device].plan = SparkplugRegister.Plan() }
        bins.removeAll(keepingCapacity: true)
        devices.removeAll(keepingCapacity: true)
        next.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        (messages, call, hasBad) = (0, call + 1, false)
    }

    /// A reading that is to be taken.
    private struct Candidate {
        let metric: Int
        let device: Int
        let quality: Quality
        let instant: Instant
        /// The datatype of its value; nil without one.
        let datatype: SparkplugDatatype?
        /// Whether its metric can hold that.
        let isFit: Bool
        /// The most bytes that it takes.
        var size: Int
        var marks: Marks
    }

    /// Takes one reading; returns whether there was room.
    private mutating func take(
        _ readings: ReadingBatch, _ index: Int, _ offset: Int, _ rules: Rules,
        _ register: inout SparkplugRegister
    ) -> Bool {
        let reading = candidate(readings, index, rules, &register)
        if !reading.marks.contains(.historical), reading.quality.isSilence,
            register.devices[reading.device].isSilenced
        {
            register.hear(reading.quality, of: reading.metric, at: reading.instant)
            append(reading.marks)
            return true
        }
        // What went before it in this call has another datatype.
        if !reading.isFit, register.metrics[reading.metric].usedIn == call { return false }
        guard reserve(reading, isFirst: index == offset, rules, &register) else { return false }
        note(reading, &register)
        register.devices[reading.device].plan.bin = put(
            index - offset, into: register.devices[reading.device].plan.bin, reading, rules)
        append(reading.marks)
        return true
    }

    private func candidate(
        _ readings: ReadingBatch, _ index: Int, _ rules: Rules,
        _ register: inout SparkplugRegister
    ) -> Candidate {
        let metric = register.metric(of: readings.points[index])
        let (kind, instant) = (readings.kinds[index], readings.instants[index])
        let isHistory = rules.isHistory || instant.nanoseconds < register.metrics[metric].newest
        var marks: Marks = isHistory ? .historical : []
        var size = size(of: readings, index, register.metrics[metric], rules)
        if size > rules.byteLimit - Self.headBytes {
            marks.insert(.tooLong)
            size = Self.propertyBytes * 2
        }
        return Candidate(
            metric: metric, device: register.metrics[metric].device,
            quality: readings.qualities[index], instant: instant,
            datatype: SparkplugDatatype(kind),
            isFit: kind == .none || register.metrics[metric].holds(kind, readings.bits[index]),
            size: size, marks: marks)
    }

    /// Keeps room for the messages that a reading asks for: its own, a birth before it, a death
    /// behind it. The first reading has room in any case.
    private mutating func reserve(
        _ reading: Candidate, isFirst: Bool, _ rules: Rules, _ register: inout SparkplugRegister
    ) -> Bool {
        let (device, plan) = (reading.device, register.devices[reading.device].plan)
        let isNew =
            !register.devices[device].isBorn || !register.metrics[reading.metric].isBorn
            || !reading.isFit
        let mayDie =
            reading.marks.contains(.historical)
            ? register.devices[device].isLost : reading.quality.isSilence
        let cost =
            (hasRoom(plan.bin, reading.size, rules) ? 0 : 1)
            + (isNew && !plan.needsBirth ? 1 : 0) + (mayDie && !plan.mayDie ? 1 : 0)
        guard isFirst || messages + cost <= rules.messageLimit else { return false }
        messages += cost
        if plan.isEmpty { devices.append(device) }
        if isNew { register.devices[device].plan.needsBirth = true }
        if mayDie { register.devices[device].plan.mayDie = true }
        return true
    }

    /// Takes down what a reading says of its metric and its device.
    private mutating func note(_ reading: Candidate, _ register: inout SparkplugRegister) {
        let metric = reading.metric
        if let datatype = reading.datatype {
            if !reading.isFit || register.metrics[metric].isGuess {
                register.adopt(datatype, metric)
            }
            register.metrics[metric].usedIn = call
        }
        if !reading.marks.contains(.historical) {
            register.hear(reading.quality, of: metric, at: reading.instant)
        }
        if !reading.quality.isGood { hasBad = true }
    }

    private func hasRoom(_ bin: Int?, _ size: Int, _ rules: Rules) -> Bool {
        bin.map { bins[$0].bytes + size <= rules.byteLimit - Self.headBytes } ?? false
    }

    private mutating func append(_ mark: Marks) {
        next.append(-1)
        marks.append(mark)
    }

    /// Puts a reading into a message, or into a new one if that is full; returns which.
    private mutating func put(
        _ item: Int, into bin: Int?, _ reading: Candidate, _ rules: Rules
    ) -> Int {
        let (size, instant) = (reading.size, reading.instant)
        guard let bin, hasRoom(bin, size, rules) else {
            bins.append(
                Bin(device: reading.device, bytes: size, head: item, tail: item, last: instant))
            return bins.count - 1
        }
        next[bins[bin].tail] = Int32(item)
        bins[bin].tail = item
        bins[bin].bytes += size
        if instant < bins[bin].last { bins[bin].isSorted = false }
        bins[bin].last = max(instant, bins[bin].last)
        return bin
    }

    /// The most bytes that a reading can take.
    private func size(
        of readings: ReadingBatch, _ index: Int, _ metric: SparkplugRegister.Metric,
        _ rules: Rules
    ) -> Int {
        // Alias with its tag, seven bytes of time (until the year 2109; ten behind that), the mark
        // of history.
        var size = 1 + ProtobufWriter.size(ofVarint: UInt64(metric.alias)) + 10 + 2
        switch readings.kinds[index] {
        case .none, .bool: size += 2
        case .double: size += 9
        case .int64, .uint64: size += metric.datatype == .double ? 9 : 11
        case .string: size += 8 + readings.strings[Int(readings.bits[index])].utf8.count
        }
        if hasBad || metric.isToldBad || rules.hasClock || readings.qualities[index] != .good {
            size += Self.propertyBytes
        }
        return size + 1 + ProtobufWriter.size(ofVarint: UInt64(size))
    }
}

extension SparkplugRegister.Plan {
    fileprivate var isEmpty: Bool { bin == nil && !needsBirth && !mayDie }
}

extension SparkplugRegister.Device {
    /// Whether the platform knows that nothing is heard of it.
    fileprivate var isSilenced: Bool { isLost && !isBorn && plan.bin == nil }
}

extension SparkplugRegister.Metric {
    /// Whether a value can be told without a new birth for its datatype.
    fileprivate func holds(_ kind: ValueKind, _ bits: UInt64) -> Bool {
        isGuess ? SparkplugDatatype(kind) == datatype : datatype.holds(kind, bits)
    }
}
