import Telemetry

/// One kind of board: what its connectors are called, and what the kernel calls them.
///
/// A GPIO chip is known by its label, as `gpioinfo` shows it: the numbers of `/dev/gpiochipN`
/// change between kernels.
public struct Board: Sendable, Decodable {
    /// The board's name, and its file's name without `.yaml`.
    public var name: String
    /// The board in a few words.
    public var title: String
    /// Strings of the device tree's `compatible`, each of which tells the board; empty if none do.
    public var compatible: [String]
    /// The documents that the profile was written from.
    public var source: [String]
    /// The GPIO chips, by names that the profile's lines use.
    public var chips: NamedList<Chip>
    /// The I2C buses.
    public var buses: NamedList<Port>
    /// The serial ports; those whose name begins with `rs485` are wired as RS-485.
    public var serial: NamedList<Port>
    /// The hardware watchdog's device.
    public var watchdog: String?
    /// The real-time clock.
    public var rtc: Clock?
    /// The lights: their names below /sys/class/leds, and what is seen of them.
    public var leds: NamedList<String>
    /// The pin headers, by the names printed beside them.
    public var headers: NamedList<Header>
    /// Lines that are on no header.
    public var lines: NamedList<BoardLine>
    /// What a technician has to know, and what the documents do not say.
    public var notes: [String]

    /// A GPIO chip.
    public struct Chip: Sendable, Hashable, Decodable {
        /// What the kernel's driver calls it.
        public var label: String
        /// How many lines it has; offsets count from 0.
        public var lines: UInt32
    }

    /// A bus or port.
    public struct Port: Sendable, Hashable, Codable {
        /// Its device, such as `/dev/i2c-1`.
        public var path: String
        /// Where it comes out, and what switches it on.
        public var note: String?
    }

    /// A real-time clock.
    public struct Clock: Sendable, Hashable, Codable {
        /// Its type.
        public var chip: String
        /// The I2C bus it is on, by the profile's name.
        public var bus: String?
        /// Its address on the bus, 7 bits.
        public var address: UInt8?
        /// What it needs.
        public var note: String?
    }

    /// A pin header of two rows, odd numbers on the left.
    public struct Header: Sendable, Decodable {
        /// How many pins it has.
        public var size: Int
        /// The pins by their numbers, from 1.
        public var pins: NamedList<BoardLine>
    }

    private enum CodingKeys: String, CodingKey {
        case name = "board"
        case title, compatible, source, chips, buses, serial, watchdog, rtc, leds, headers, lines
        case notes
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        title = try container.decode(String.self, forKey: .title)
        compatible = try container.decodeIfPresent([String].self, forKey: .compatible) ?? []
        source = try container.decode([String].self, forKey: .source)
        chips = try container.decodeIfPresent(NamedList.self, forKey: .chips) ?? NamedList()
        buses = try container.decodeIfPresent(NamedList.self, forKey: .buses) ?? NamedList()
        serial = try container.decodeIfPresent(NamedList.self, forKey: .serial) ?? NamedList()
        watchdog = try container.decodeIfPresent(String.self, forKey: .watchdog)
        rtc = try container.decodeIfPresent(Clock.self, forKey: .rtc)
        leds = try container.decodeIfPresent(NamedList.self, forKey: .leds) ?? NamedList()
        headers = try container.decodeIfPresent(NamedList.self, forKey: .headers) ?? NamedList()
        lines = try container.decodeIfPresent(NamedList.self, forKey: .lines) ?? NamedList()
        notes = try container.decodeIfPresent([String].self, forKey: .notes) ?? []
    }
}
