import Telemetry

/// The measures of one device in one message, as the agent takes several at once: an array of
/// objects, each with its own time.
///
///     [{"TimeInstant":"2026-11-26T10:00:00.250Z","voltage":230.1,"current":1.25},
///      {"TimeInstant":"2026-11-26T10:00:01.250Z","voltage_quality":"timeout"}]
struct FiwareMeasures {
    private var json = JSONWriter(capacity: 512)
    private var moment: FiwareMoment?
    private var names: Set<PointID> = []

    /// What one reading adds.
    struct Measure {
        var point: PointID
        var name: String
        var value: Value?
        /// The word for its quality, if it is to be told.
        var quality: String?
    }

    /// Adds a measure if the message then has at most `limit` bytes. If not, it is as long as
    /// before, and takes no more but as the first.
    mutating func add(_ measure: Measure, at moment: FiwareMoment, limit: Int) -> Bool {
        let start = json.count
        if self.moment == moment, !names.contains(measure.point) {
            json.append(",")
        } else {
            json.append(json.count == 0 ? "[{" : "},{")
            self.moment = moment
            names.removeAll(keepingCapacity: true)
            if write(moment) { json.append(",") }
        }
        names.insert(measure.point)
        write(measure)
        guard json.count + 2 > limit else { return true }
        json.truncate(to: start)
        return false
    }

    /// Returns whether there was something to write.
    private mutating func write(_ moment: FiwareMoment) -> Bool {
        if let time = moment.text {
            json.append("\"TimeInstant\":")
            json.append(string: time)
        }
        guard let clock = moment.clock else { return moment.milliseconds != nil }
        json.append(moment.milliseconds == nil ? "" : ",")
        json.append("\"TimeInstant_quality\":")
        json.append(string: clock)
        return true
    }

    private mutating func write(_ measure: Measure) {
        if let value = measure.value {
            json.append(string: measure.name)
            json.append(":")
            value.append(to: &json)
        }
        guard let quality = measure.quality else { return }
        json.append(measure.value == nil ? "" : ",")
        json.append(string: measure.name + "_quality")
        json.append(":")
        json.append(string: quality)
    }

    /// The whole message.
    var payload: [UInt8] { json.bytes + Array("}]".utf8) }
}

/// When something was measured, as NGSI can tell it.
struct FiwareMoment: Hashable {
    /// Since 1970; nil where nobody knows it, and the agent takes the time of arrival.
    var milliseconds: Int64?
    /// `estimated` or `unsynchronized`; nil for a clock that was synchronized.
    var clock: String?

    /// The time of a reading. A clock that was not synchronized in the present boot tells none:
    /// NGSI has no times relative to the sending.
    init(_ instant: Instant, _ anchor: ClockAnchor, boot: BootID) {
        let wall = anchor.wallTime(at: instant).nanosecondsSince1970
        clock = anchor.quality == .synchronized ? nil : anchor.quality.name
        let isKnown =
            wall / 1000 >= SenMLTime.firstAbsoluteMicroseconds
            && (anchor.boot != boot || clock == nil)
        milliseconds = isKnown ? wall / 1_000_000 : nil
        if !isKnown { clock = ClockQuality.unsynchronized.name }
    }

    /// Orion keeps milliseconds, and takes no more digits than three.
    var text: String? {
        guard let milliseconds else { return nil }
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let whole = WallTime(nanosecondsSince1970: seconds * 1_000_000_000).description
        let digits = String(1000 + rest).dropFirst()
        return whole.dropLast() + "." + digits + "Z"
    }
}
