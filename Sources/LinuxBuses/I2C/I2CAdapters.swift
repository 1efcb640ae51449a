import Telemetry

/// An I2C adapter of the machine, as i2c-dev shows it.
public struct I2CAdapterEntry: Sendable, Hashable {
    /// Its number, which may be another after the next start; nil if the path is no adapter's.
    public var number: Int?
    /// Its device, such as `/dev/i2c-1`.
    public var path: String
    /// What the kernel's driver calls it, such as `bcm2835 (i2c@7e804000)`; nil if it says nothing.
    public var title: String?

    /// An adapter.
    public init(number: Int?, path: String, title: String?) {
        (self.number, self.path, self.title) = (number, path, title)
    }

    /// A name for it in a configuration, such as `i2c-1`.
    public var name: String { number.map { "i2c-\($0)" } ?? "i2c" }
}

/// What the kernel says about the I2C adapters and the chips that its drivers have.
public struct I2CAdapters: Sendable {
    private let root: String

    /// What is below this root; nothing for the machine itself.
    public init(root: String = "") {
        self.root = root
    }

    /// The adapters that can be opened, in order of their numbers.
    public var all: [I2CAdapterEntry] {
        let folder = SystemFolder(root: root)
        let numbers = (folder.names(in: "/dev") ?? []).compactMap { name in
            name.hasPrefix("i2c-") ? Int(name.dropFirst(4)) : nil
        }
        return numbers.sorted().map { number in
            I2CAdapterEntry(
                number: number, path: "/dev/i2c-\(number)", title: title(of: number))
        }
    }

    /// What the kernel's driver calls an adapter.
    public func title(of adapter: Int) -> String? {
        SystemFolder(root: root).line(of: "/sys/bus/i2c/devices/i2c-\(adapter)/name")
    }

    /// The adapter of a device's path, which may be a link to it; nil if it is none.
    public func number(of path: String) -> Int? {
        let name = SystemFolder(root: root).resolved(path)?.split(separator: "/").last
        guard let name, name.hasPrefix("i2c-") else { return nil }
        return Int(name.dropFirst(4))
    }

    /// The chip's name by which a driver of the kernel has it, such as `lm75`.
    public func chip(at address: UInt8, of adapter: Int) -> String? {
        let folder = SystemFolder(root: root)
        let digits = String(address, radix: 16)
        let device = "\(adapter)-" + String(repeating: "0", count: 4 - digits.count) + digits
        return folder.line(of: "/sys/bus/i2c/devices/\(device)/name")
    }
}
