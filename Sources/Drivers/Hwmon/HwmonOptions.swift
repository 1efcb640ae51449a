import Telemetry

/// The options of the `hwmon` driver.
struct HwmonOptions: Decodable, Sendable {
    /// The chip's name, as its file `name` says.
    var chip: String
    /// Its place or label, where several chips have the name.
    var at: String?
    /// A channel each.
    var points: NamedList<HwmonPoint>
}

/// One channel of a chip.
///
///     temp1: {}
///     supply: {channel: in0, scale: 11, offset: 0.1}
struct HwmonPoint: Decodable, Sendable {
    /// The channel as its files begin; the point's name unless given.
    var channel: String?
    /// What the value is multiplied by, for a divider before the input; 1 unless given.
    var scale: Double?
    /// What is added to it then, in its unit; 0 unless given.
    var offset: Double?
}
