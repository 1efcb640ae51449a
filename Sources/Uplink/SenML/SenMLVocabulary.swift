import Telemetry

/// What SenML writes for each point, worked out once: `"n":"voltage","u":"V",` and so on, as
/// ranges of one array, found by the point's index.
struct SenMLVocabulary: Sendable {
    struct Entry: Sendable {
        /// Name and unit, up to where the value's key comes.
        var value: Range<Int>
        /// The quality's name, up to where the quality's word comes.
        var quality: Range<Int>
        /// Which device; equal for points of one device.
        var device: Int
    }

    private let gateway: String
    private let points: PointTable
    private var entries: [Entry?] = []
    private var unknown: Entry?
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

    /// What is written for a point. Ids of no point share a name that says so: their readings
    /// keep their identity, and nothing traps.
    mutating func entry(for id: PointID) -> Entry {
        let index = Int(id.index)
        if index < entries.count, let known = entries[index] { return known }
        guard let point = points[id] else {
            let entry = unknown ?? add(Point(device: "unknown", name: "unknown"))
            unknown = entry
            return entry
        }
        if index >= entries.count {
            entries += [Entry?](repeating: nil, count: index + 1 - entries.count)
        }
        let entry = add(point)
        entries[index] = entry
        return entry
    }

    private mutating func add(_ point: Point) -> Entry {
        let value = remember { json in
            json.append("\"n\":")
            json.append(string: point.name)
            if point.unit != .none {
                json.append(",\"u\":")
                json.append(string: point.unit.symbol)
            }
            json.append(",")
        }
        let quality = remember { json in
            json.append("\"n\":")
            json.append(string: point.name + "/quality")
            json.append(",\"vs\":\"")
        }
        return Entry(value: value, quality: quality, device: device(point.device))
    }

    private mutating func device(_ name: String) -> Int {
        if let known = deviceIndices[name] { return known }
        let baseName = gateway + "/" + name + "/"
        let range = remember { json in
            json.append("\"bn\":")
            json.append(string: baseName)
            json.append(",")
        }
        devices.append(range)
        deviceIndices[name] = devices.count - 1
        return devices.count - 1
    }

    private mutating func remember(_ write: (inout JSONWriter) -> Void) -> Range<Int> {
        var json = JSONWriter(capacity: 128)
        write(&json)
        let start = text.count
        text += json.bytes
        return start..<text.count
    }
}
