/// What a scan has found on one I2C bus.
public struct I2CScanned: Sendable {
    /// The bus's name in the configuration.
    public var bus: String
    /// The adapter's device.
    public var path: String
    /// What the kernel calls the adapter.
    public var title: String?
    /// What there is, by address.
    public var findings: [I2CFinding] = []
    /// Addresses that the adapter cannot ask without harm.
    public var skipped = 0
    /// Why the scan of this bus ended early.
    public var failure: String?

    /// A bus on which nothing has been found yet.
    public init(bus: String, path: String, title: String? = nil) {
        (self.bus, self.path, self.title) = (bus, path, title)
    }
}

/// What there is on I2C buses, and a configuration for it, ready for `armadio check`: what is no
/// configuration is a comment.
public struct I2CProposal: Sendable {
    private let buses: [I2CScanned]
    private let kinds: [DriverKind]

    /// A proposal for these buses with these drivers.
    public init(_ buses: [I2CScanned], kinds: [DriverKind] = DriverRegistry.all) {
        (self.buses, self.kinds) = (buses, kinds)
    }

    /// The text; comments alone if no driver fits anything.
    public var text: String {
        let devices = buses.flatMap { bus in
            bus.findings.flatMap { device($0, on: bus) }
        }
        let comments = buses.flatMap(lines).map { "# " + $0 }
        return (comments + (devices.isEmpty ? [] : configuration(devices)))
            .joined(separator: "\n")
    }

    private func configuration(_ devices: [String]) -> [String] {
        let used = buses.filter { bus in bus.findings.contains { $0.proposed != nil } }
        let places = used.map { "  \($0.bus): {i2c: {path: \($0.path)}}" }
        return ScanProposal.head + ["buses:"] + places + ["devices:"] + devices
    }

    private func lines(_ bus: I2CScanned) -> [String] {
        let heading = bus.path + (bus.title.map { "  " + $0.onOneLine } ?? "")
        var lines = bus.findings.map { "  \($0.address.hexadecimal)  \(words($0))" }
        if lines.isEmpty, bus.failure == nil { lines = ["  no chip answers"] }
        if bus.skipped > 0 {
            lines.append("  \(bus.skipped) addresses: the adapter cannot ask them without harm")
        }
        return [heading] + lines + (bus.failure.map { ["  " + $0.onOneLine] } ?? [])
    }

    /// What a chip is, as far as it is known.
    public func words(_ finding: I2CFinding) -> String {
        switch finding.knowledge {
        case .kernel(let name):
            "\((name ?? "a chip").onOneLine): a driver of the kernel has it; "
                + "read it with `driver: hwmon`"
        case .driver(let name): summary(name) + " (by its registers)"
        case .perhaps(let names):
            names.isEmpty
                ? finding.guess ?? "not known"
                : "perhaps " + names.map(summary).joined(separator: ", or ")
        }
    }

    private func summary(_ driver: String) -> String {
        guard let kind = kinds.first(where: { $0.name == driver }) else { return driver }
        return String(kind.summary.prefix { $0 != ":" })
    }

    private func device(_ finding: I2CFinding, on bus: I2CScanned) -> [String] {
        guard let driver = finding.proposed else { return [] }
        var comments: [String] = []
        if case .perhaps(let names) = finding.knowledge {
            comments = [
                names.count > 1
                    ? "# or driver: " + names.dropFirst().joined(separator: ", ")
                    : "# by its address alone"
            ]
        }
        let digits = finding.address.hexadecimal.dropFirst(2)
        return ["  \(driver)\(buses.count > 1 ? "-" + bus.bus : "")-\(digits):"]
            + (comments + keys(of: finding, on: bus.bus, driver: driver)).map { "    " + $0 }
    }

    /// What the configuration says of a chip with this driver.
    public func keys(of finding: I2CFinding, on bus: String, driver: String) -> [String] {
        ["driver: \(driver)", "bus: \(bus)", "address: \(finding.address.hexadecimal)"]
            + (kinds.first { $0.name == driver }?.chip?.options ?? [])
    }
}

extension I2CFinding {
    /// The driver to begin with; nil if none fits.
    public var proposed: String? {
        switch knowledge {
        case .kernel: nil
        case .driver(let name): name
        case .perhaps(let names): names.first
        }
    }

    /// What is usual at addresses for which there is no driver here.
    fileprivate var guess: String? {
        switch address {
        case 0x50...0x57: "perhaps a memory (24C02 and its kind)"
        case 0x70...0x77: "perhaps a multiplexer (PCA9548)"
        default: nil
        }
    }
}

extension UInt8 {
    /// As in `0x08`.
    public var hexadecimal: String {
        let digits = String(self, radix: 16)
        return "0x" + (digits.count < 2 ? "0" : "") + digits
    }
}
