/// A serial port of the machine.
public struct SerialPortEntry: Sendable, Hashable {
    /// What an adapter says at USB (USB 2.0 specification, section 9.6.1).
    public struct Adapter: Sendable, Hashable, Encodable {
        /// The vendor's and the product's number, four hexadecimal digits each.
        public var vendorID: String
        public var productID: String
        /// In words, as far as it says so.
        public var vendor: String?
        public var product: String?
        public var serial: String?
    }

    /// The kernel's name, such as `ttyUSB0`; at USB it may be another after the next start.
    public var name: String
    /// The kernel's driver; nil if it is not known.
    public var driver: String?
    /// The adapter at USB; nil if it is a port of the board.
    public var adapter: Adapter?
    /// Names that last, below /dev/armadio, then below /dev/serial/by-id.
    public var links: [String]
    /// The programs that have it open, as `name (process id)`, as far as this user may see them.
    public var users: [String]

    /// Its device.
    public var device: String { "/dev/" + name }
    /// The name to use in a configuration: one that lasts, if there is one.
    public var path: String { links.first ?? device }
}
