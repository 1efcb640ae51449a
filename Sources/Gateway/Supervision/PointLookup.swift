import Telemetry

/// Finds devices and points by what a person types.
public struct PointLookup {
    /// A point of a device, and the line that it hangs on.
    public struct Place: Sendable {
        /// The line.
        public var line: LinePlan
        /// The device.
        public var device: DeviceSpec
        /// The index of the point's channel.
        public var channel: Int
    }

    /// There is no such device or point; what there is instead.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private let plan: CabinetPlan

    /// Looks in this plan.
    public init(plan: CabinetPlan) {
        self.plan = plan
    }

    /// The point of `DEVICE/POINT`.
    public func find(_ path: String) throws(Failure) -> Place {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else {
            throw Failure(description: "`\(path.prefix(200))` is no point; write DEVICE/POINT")
        }
        let (line, device) = try self.device(parts[0])
        return Place(line: line, device: device, channel: try channel(parts[1], of: device))
    }

    /// The device of this name, and its line.
    public func device(_ name: String) throws(Failure) -> (line: LinePlan, device: DeviceSpec) {
        if let found = plan.device(name) { return found }
        throw Failure(
            description: "there is no device `\(name.prefix(80))`; "
                + (Spelling.suggestion(for: name, among: plan.deviceNames)
                    ?? "the devices are: " + plan.deviceNames.joined(separator: ", ")))
    }

    /// The channel of the device's point of this name.
    public func channel(_ point: String, of device: DeviceSpec) throws(Failure) -> Int {
        let names = device.points.map(\.point.name)
        if let index = names.firstIndex(of: point) { return index }
        throw Failure(
            description: "\(device.name) has no point `\(point.prefix(80))`; "
                + (Spelling.suggestion(for: point, among: names)
                    ?? "its points are: " + names.joined(separator: ", ")))
    }
}
