import Telemetry

/// The line on which the board's supply says that the mains are gone: `power-fail: {line: pin-7}`.
public struct PowerFailSettings: Hashable, Sendable, Decodable {
    /// The line as devices name theirs: the board's name for it, the kernel's, or `CHIP:OFFSET`.
    public var line: String
    /// Whether a low voltage says so.
    public var isActiveLow = false
    /// What pulls the line.
    public var bias = Bias.asIs
    /// How long the level has to hold, at most 1 s; not at all unless given: what it takes is gone
    /// from the time that the supply's capacitors leave.
    public var debounce = Duration.zero
    /// How long the mains have to be back before everything starts again, 1 s to 1 h; 10 s unless
    /// given.
    public var returnAfter = Duration.seconds(10)

    /// What a line is connected to inside of its chip.
    public enum Bias: String, CaseIterable, Sendable, Decodable {
        case asIs = "as-is"
        case none, pullUp = "pull-up", pullDown = "pull-down"
    }

    private enum CodingKeys: CodingKey { case line, activeLow, bias, debounce, returnAfter }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        line = try container.decode(String.self, forKey: .line)
        isActiveLow =
            try container.decodeIfPresent(Bool.self, forKey: .activeLow) ?? isActiveLow
        bias = try container.decodeIfPresent(Bias.self, forKey: .bias) ?? bias
        debounce = try container.decodeIfPresent(Duration.self, forKey: .debounce) ?? debounce
        returnAfter =
            try container.decodeIfPresent(Duration.self, forKey: .returnAfter) ?? returnAfter
    }
}
