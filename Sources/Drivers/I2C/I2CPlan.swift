import Buses
import Telemetry

/// What every chip on an I2C bus has in the configuration.
struct I2COptions: Decodable, Sendable {
    /// Its 7-bit address, as its pins are strapped; the usual one unless given.
    var address: UInt8?
    /// The quantities that are wanted; all unless given.
    var points: NamedList<I2CPoint>?
}

/// One quantity of a chip.
struct I2CPoint: Decodable, Sendable {
    /// What is added to the value, in its unit, to correct what a comparison has shown.
    var offset: Double?
}

/// Reads a chip's options. Every problem is reported; the plan is nil if there was one.
struct I2CPlan<Chip: I2CChip> {
    /// A channel of the device.
    struct Channel: Sendable {
        var name: String
        /// The index of what the chip measures.
        var quantity: Int
        var offset: Double
    }

    var source: any OptionsSource

    func plan() -> DevicePlan? {
        let options = source.decode(I2COptions.self)
        let own = source.decode(Chip.Options.self)
        guard let options, let own else { return nil }
        let address = I2CAddress(options.address, of: Chip.addresses).check(source)
        let channels = channels(options.points)
        guard let chip = chip(own), let address, let channels else { return nil }
        return DevicePlan(
            channels: channels.map {
                Drivers.Channel(name: $0.name, unit: Chip.quantities[$0.quantity].unit)
            }
        ) { handle, _ in
            guard case .i2c(let bus) = handle else { preconditionFailure("checked: an I2C bus") }
            return I2CChipDriver(bus: bus, address: address, chip: chip, channels: channels)
        }
    }

    private func chip(_ options: Chip.Options) -> Chip? {
        do throws(OptionFlaw) {
            return try Chip(options)
        } catch {
            source.report(path: [error.key], error.what, mend: error.mend)
            return nil
        }
    }

    private func channels(_ points: NamedList<I2CPoint>?) -> [Channel]? {
        let names = Chip.quantities.map(\.name)
        guard let points else {
            return names.indices.map { Channel(name: names[$0], quantity: $0, offset: 0) }
        }
        var channels: [Channel] = []
        for (name, point) in points.entries {
            guard let index = names.firstIndex(of: name) else {
                source.report(
                    path: ["points", name], "the chip does not measure `\(name)`",
                    mend: Spelling.suggestion(for: name, among: names)
                        ?? "it measures: " + names.joined(separator: ", "))
                continue
            }
            channels.append(Channel(name: name, quantity: index, offset: point.offset ?? 0))
        }
        return channels.count == points.entries.count && !channels.isEmpty ? channels : nil
    }
}

/// A chip's address as the configuration has it.
struct I2CAddress {
    let address: UInt8
    private let possible: [UInt8]

    /// The address that was given, or the usual one.
    init(_ given: UInt8?, of possible: [UInt8]) {
        address = given ?? possible[0]
        self.possible = possible
    }

    /// The address if the chip can have it; else that is reported.
    func check(_ source: any OptionsSource) -> UInt8? {
        if possible.contains(address) { return address }
        let names = possible.map { "0x" + String($0, radix: 16) }
        source.report(
            path: ["address"], "the chip cannot have the address 0x\(String(address, radix: 16))",
            mend: "it is one of " + names.joined(separator: ", "))
        return nil
    }
}
