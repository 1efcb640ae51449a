import Drivers
import Telemetry

/// A device ready to be sampled: its driver's plan and what the gateway adds to each channel.
public struct DeviceSpec: Sendable {
    /// One point of the device, at the index of its channel.
    public struct PointSpec: Sendable {
        /// What readings name it by.
        public var id: PointID
        /// The point itself.
        public var point: Point
        /// How often it is read.
        public var interval: Duration
        /// The least change that is sent.
        public var deadband: Double?
    }

    /// The device's name in the configuration.
    public var name: String
    /// What its driver made of its options.
    public var plan: DevicePlan
    /// One for each channel of the plan.
    public var points: [PointSpec]

    /// The channels that have a safe value, and the value.
    var safeValues: [(channel: Int, value: Value)] {
        plan.channels.indices.compactMap { index in
            plan.channels[index].safeValue.map { (index, $0) }
        }
    }

    /// Channels grouped by interval, the shortest first.
    var groups: [(interval: Duration, channels: [Int])] {
        Dictionary(grouping: points.indices) { points[$0].interval }
            .map { (interval: $0.key, channels: $0.value) }
            .sorted { $0.interval < $1.interval }
    }
}
