import Telemetry

/// The devices and metrics of one edge node, and what the platform was told of each: those of the
/// configuration, and what an earlier configuration has left in the journal.
struct SparkplugRegister: Sendable {
    /// What changes with each reading; the metric's words are in `words`.
    struct Metric: Sendable {
        /// Stands for the name in data; unique in the node.
        let alias: UInt32
        /// The index of its device.
        let device: Int
        /// The datatype of the next birth, or of the last if that has it already.
        var datatype = SparkplugDatatype.double
        /// Whether nobody has seen a value yet: the datatype is a guess.
        var isGuess = true
        /// Whether the last birth of its device has it with this datatype.
        var isBorn = false
        /// Whether the platform was last told that its value is not good.
        var isToldBad = false
        /// In which call of the encoder it was last met with a value.
        var usedIn: UInt64 = 0
        /// The instant of the newest reading that was taken for sending, as its nanoseconds:
        /// older ones are history.
        var newest = Int64.min
        /// Whether the newest says that the device was not heard of.
        var isSilent = false
        /// The newest reading that was sent and is not history; nil before the first.
        var latest: Latest?
    }

    /// The newest reading of a metric, as `ReadingBatch` stores it. A text is in `texts`.
    struct Latest: Sendable {
        var kind: ValueKind
        var bits: UInt64
        var quality: Quality
        var instant: Instant
    }

    /// What a birth says of a metric.
    struct Words: Sendable {
        var name: String
        var unit: Unit
        /// The newest text, if it is a text.
        var text = ""
        /// The point, if it is one of the configuration that may be set.
        var commanded: Point?
    }

    /// A device of the node.
    struct Device: Sendable {
        let id: SparkplugID
        let birthTopic: String
        let deathTopic: String
        let dataTopic: String
        /// Its metrics by index, in the configuration's order.
        var metrics: [Int] = []
        /// Whether the platform has its birth, and no death behind it.
        var isBorn = false
        /// Whether it does not answer.
        var isLost = false
        /// How many readings in a row say that nothing was heard of it.
        var silentRun = 0
        /// Whether one of them says that it could not be reached: it was asked.
        var isUnreachable = false
        /// How many of its metrics have been read, and of how many nothing was heard last.
        var read = 0
        var silent = 0
        /// What the encoder has decided in its present call.
        var plan = Plan()
    }

    /// What the encoder has decided for a device.
    struct Plan: Sendable {
        /// Which message its readings go into.
        var bin: Int?
        /// Whether a birth has to stand before them.
        var needsBirth = false
        /// Whether room is kept for its death.
        var mayDie = false
    }

    /// Below are the node's own aliases.
    static let firstAlias: UInt32 = 16

    private let table: PointTable
    private let topics: SparkplugTopics
    var metrics: [Metric] = []
    var words: [Words] = []
    var devices: [Device] = []
    /// The metric of each point by its index; -1 for none yet.
    private var metricsByPoint: [Int32] = []
    private var metricsByName: [Name: Int] = [:]
    private var devicesByID: [String: Int] = [:]

    private struct Name: Hashable {
        var device: Int
        var metric: String
    }

    init(table: PointTable, topics: SparkplugTopics) {
        self.table = table
        self.topics = topics
    }

    /// The metric of a point; a new one if the point is met for the first time.
    mutating func metric(of id: PointID) -> Int {
        let index = Int(id.index)
        if index < metricsByPoint.count, metricsByPoint[index] >= 0 {
            return Int(metricsByPoint[index])
        }
        // Ids of no point share a metric that says so, and nothing traps.
        let known = table[id]
        let metric = register(
            known ?? Point(device: "unknown", name: "unknown"),
            alias: Self.firstAlias + (known == nil ? UInt32(PointTable.capacity) : id.index))
        guard known != nil else { return metric }
        if index >= metricsByPoint.count {
            metricsByPoint += [Int32](repeating: -1, count: index + 1 - metricsByPoint.count)
        }
        metricsByPoint[index] = Int32(metric)
        return metric
    }

    /// Points of one name are one metric, unless their units differ: a number of volts must not
    /// stand among those of millivolts.
    private mutating func register(_ point: Point, alias: UInt32) -> Int {
        let device = device(named: point.device)
        let name = point.name.isEmpty ? "_" : point.name
        if let known = metricsByName[Name(device: device, metric: name)] {
            guard words[known].unit != point.unit else { return known }
            let other = "\(name) [\(point.unit)]"
            if let known = metricsByName[Name(device: device, metric: other)] { return known }
            return add(Words(name: other, unit: point.unit), to: device, alias)
        }
        return add(Words(name: name, unit: point.unit), to: device, alias)
    }

    private mutating func add(_ words: Words, to device: Int, _ alias: UInt32) -> Int {
        let metric = metrics.count
        metrics.append(Metric(alias: alias, device: device))
        self.words.append(words)
        devices[device].metrics.append(metric)
        metricsByName[Name(device: device, metric: words.name)] = metric
        return metric
    }

    private mutating func device(named name: String) -> Int {
        let id = SparkplugID(mending: name)
        if let known = devicesByID[id.text] { return known }
        devices.append(
            Device(
                id: id, birthTopic: topics.birth(of: id), deathTopic: topics.death(of: id),
                dataTopic: topics.data(of: id)))
        devicesByID[id.text] = devices.count - 1
        return devices.count - 1
    }

    /// A device's metric by its name or, without one, by its alias; nil if it has none such.
    func metric(named name: String?, alias: UInt64?, of device: String) -> Int? {
        guard let device = devicesByID[device] else { return nil }
        if let name { return metricsByName[Name(device: device, metric: name)] }
        return devices[device].metrics.first { UInt64(metrics[$0].alias) == alias }
    }
}

// MARK: Births

extension SparkplugRegister {
    /// Begins anew with the points of the configuration and what was read of them last. Datatypes
    /// that are known stay.
    mutating func reset(_ presence: Presence) {
        var known: [UInt32: SparkplugDatatype] = [:]
        for metric in metrics where !metric.isGuess { known[metric.alias] = metric.datatype }
        self = SparkplugRegister(table: table, topics: topics)
        for point in presence.roster {
            let metric = metric(of: point.id)
            if point.isCommandable { words[metric].commanded = point.point }
            if let datatype = known[metrics[metric].alias] {
                (metrics[metric].datatype, metrics[metric].isGuess) = (datatype, false)
            }
            if let reading = presence.latest[point.id] { note(reading, of: metric) }
        }
    }

    private mutating func note(_ reading: Reading, of metric: Int) {
        guard reading.instant.nanoseconds >= metrics[metric].newest else { return }
        var column = ReadingBatch()
        column.append(reading)
        metrics[metric].latest = Latest(
            kind: column.kinds[0], bits: column.bits[0], quality: reading.quality,
            instant: reading.instant)
        if case .string(let text) = reading.value { words[metric].text = text }
        if let datatype = SparkplugDatatype(column.kinds[0]) { adopt(datatype, metric) }
        hear(reading.quality, of: metric, at: reading.instant)
    }

    /// Takes down what the newest reading of a metric says of its device: it is lost when nothing
    /// is heard of any of its metrics, or of as many in a row as it has; and back when it says
    /// anything, be it a refusal. One that is only not asked, because somebody looks at its bus
    /// by hand, is not lost.
    mutating func hear(_ quality: Quality, of metric: Int, at instant: Instant) {
        let device = metrics[metric].device
        if metrics[metric].newest == .min { devices[device].read += 1 }
        if metrics[metric].isSilent { devices[device].silent -= 1 }
        metrics[metric].newest = instant.nanoseconds
        metrics[metric].isSilent = quality.isSilence
        guard quality.isSilence else {
            devices[device].silentRun = 0
            devices[device].isUnreachable = false
            devices[device].isLost = false
            return
        }
        devices[device].silent += 1
        devices[device].silentRun += 1
        if quality.isUnreachable { devices[device].isUnreachable = true }
        if devices[device].isUnreachable,
            devices[device].silent == devices[device].read
                || devices[device].silentRun >= devices[device].metrics.count
        {
            devices[device].isLost = true
        }
    }

    /// Makes a datatype that of a metric, for its next birth.
    mutating func adopt(_ datatype: SparkplugDatatype, _ metric: Int) {
        if metrics[metric].datatype != datatype { metrics[metric].isBorn = false }
        metrics[metric].datatype = datatype
        metrics[metric].isGuess = false
    }

    /// Takes down that the platform has the birth of a device, with all its metrics.
    mutating func bear(_ device: Int) {
        devices[device].isBorn = true
        for metric in devices[device].metrics {
            metrics[metric].isBorn = true
            metrics[metric].isToldBad = metrics[metric].latest.map { !$0.quality.isGood } ?? true
        }
    }
}

extension Quality {
    /// Whether the device could not be reached.
    var isUnreachable: Bool {
        switch self {
        case .timeout, .disconnected, .busError, .gatewayUnavailable: true
        default: false
        }
    }

    /// Whether nothing was heard of the device: it could not be reached, or was not asked.
    var isSilence: Bool { isUnreachable || self == .suspended }

    /// The code of the property `Quality` (section 6.4.19): 192 good, 0 bad; 500 stale, where
    /// nobody has looked or changes were left out.
    var sparkplugCode: UInt64 {
        switch self {
        case .good: 192
        case .suspended, .eventsLost, .chattering: 500
        default: 0
        }
    }
}
