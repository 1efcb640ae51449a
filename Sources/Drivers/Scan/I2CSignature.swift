import Buses

/// A register by which a chip says what it is.
struct I2CIdentityRegister: Sendable {
    /// The register's number.
    var number: UInt8
    /// What it reads in chips of the kind, highest byte first; all of the same length.
    var values: [[UInt8]]
}

/// How a kind of chip is told from others on an I2C bus.
struct I2CSignature: Sendable {
    /// The addresses that it can be strapped to; the first is the usual one.
    var addresses: [UInt8]
    /// All of these have to fit; empty if nothing but the address tells it.
    var identity: [I2CIdentityRegister]
    /// What a device needs beside its address, as an example.
    var options: [String] = []
}

extension DriverKind {
    /// A driver of a chip on an I2C bus.
    init<Chip: I2CChip>(name: String, summary: String, chip: Chip.Type) {
        self.init(
            name: name, summary: summary, bus: .i2c,
            chip: I2CSignature(addresses: Chip.addresses, identity: Chip.identity),
            plan: { I2CPlan<Chip>(source: $0).plan() })
    }
}
