import Buses

/// A chip that was found on an I2C bus, and what it may be.
public struct I2CFinding: Sendable, Hashable {
    /// What is known of it.
    public enum Knowledge: Sendable, Hashable {
        /// A driver of the kernel has it, under this name if it says one.
        case kernel(String?)
        /// Its registers say that this driver fits.
        case driver(String)
        /// By its address one of these drivers may fit, the likeliest first; perhaps none does.
        case perhaps([String])
    }

    /// Its 7-bit address.
    public var address: UInt8
    /// What it is.
    public var knowledge: Knowledge

    /// Something at an address.
    public init(address: UInt8, _ knowledge: Knowledge) {
        (self.address, self.knowledge) = (address, knowledge)
    }
}

/// Tells what a chip may be by its address, and by registers where the data sheets have some for
/// it. Nothing is written but the registers' numbers.
public struct I2CRecognition: Sendable {
    private let kinds: [DriverKind]

    /// With these drivers, the likelier of two first.
    public init(_ kinds: [DriverKind] = DriverRegistry.all) {
        self.kinds = kinds
    }

    /// What answers at this address.
    public func recognize(_ address: UInt8, on bus: any I2CBus) async -> I2CFinding {
        var others: [(name: String, isUsual: Bool)] = []
        for kind in kinds {
            guard let chip = kind.chip, chip.addresses.contains(address) else { continue }
            if chip.identity.isEmpty {
                others.append((kind.name, chip.addresses.first == address))
            } else if await fits(chip.identity, address, bus) {
                return I2CFinding(address: address, .driver(kind.name))
            }
        }
        let names = others.filter(\.isUsual) + others.filter { !$0.isUsual }
        return I2CFinding(address: address, .perhaps(names.map(\.name)))
    }

    private func fits(
        _ identity: [I2CIdentityRegister], _ address: UInt8, _ bus: any I2CBus
    ) async -> Bool {
        for register in identity {
            do throws(BusError) {
                let count = register.values.first?.count ?? 1
                let bytes = try await bus.read(count, from: register.number, of: address)
                guard register.values.contains(bytes) else { return false }
            } catch {
                // It answers to its address, but has no such register.
                return false
            }
        }
        return true
    }
}
