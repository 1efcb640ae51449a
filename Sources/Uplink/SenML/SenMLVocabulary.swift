import Telemetry

/// What SenML writes for a point, as ranges of its vocabulary's text.
struct SenMLEntry: Sendable {
    /// Name and unit, up to where the value comes.
    var value: Range<Int>
    /// The quality's name, up to where the quality's word comes.
    var quality: Range<Int>
    /// Whether the value has a unit.
    var hasUnit: Bool
    /// Which device; equal for points of one device.
    var device: Int
}

/// What SenML writes for each point, worked out once: `"n":"voltage","u":"V",` and so on, as
/// ranges of one array, found by the point's index.
struct SenMLVocabulary<Format: SenMLFormat>: Sendable {
    private let gateway: String
    private let points: PointTable
    private var entries: [SenMLEntry?] = []
    private var unknown: SenMLEntry?
    private var devices: [Range<Int>] = []
    private var deviceIndices: [String: Int] = [:]
    /// The texts that the ranges are in.
    private(set) var text: [UInt8] = []

    init(gateway: String, points: PointTable) {
        self.gateway = gateway
        self.points = points
    }

    /// `"bn":"gateway/device/",`
    func baseName(ofDevice index: Int) -> Range<Int> { devices[index] }

    /// `"bn":"gateway/",`
    var baseNameOfGateway: [UInt8] { Format.baseName(gateway + "/") }

    /// What is written for a point. Ids of no point share a name that says so: their readings
    /// keep their identity, and nothing traps.
    mutating func entry(for id: PointID) -> SenMLEntry {
        let index = Int(id.index)
        if index < entries.count, let known = entries[index] { return known }
        guard let point = points[id] else {
            let entry = unknown ?? add(Point(device: "unknown", name: "unknown"))
            unknown = entry
            return entry
        }
        if index >= entries.count {
            entries += [SenMLEntry?](repeating: nil, count: index + 1 - entries.count)
        }
        let entry = add(point)
        entries[index] = entry
        return entry
    }

    private mutating func add(_ point: Point) -> SenMLEntry {
        SenMLEntry(
            value: remember(Format.name(of: point)),
            quality: remember(Format.qualityName(of: point)), hasUnit: point.unit != .none,
            device: device(point.device))
    }

    private mutating func device(_ name: String) -> Int {
        if let known = deviceIndices[name] { return known }
        devices.append(remember(Format.baseName(gateway + "/" + name + "/")))
        deviceIndices[name] = devices.count - 1
        return devices.count - 1
    }

    private mutating func remember(_ piece: [UInt8]) -> Range<Int> {
        let start = text.count
        text += piece
        return start..<text.count
    }
}
