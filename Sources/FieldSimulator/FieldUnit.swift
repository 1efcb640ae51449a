import CModbus
import Telemetry

/// One simulated device: 2,000 of each of the four tables. A register or coil that a client wrote
/// keeps what was written; the others show the profile.
final class FieldUnit {
    /// How many entries each of the four tables has, from address 0: as many as the longest
    /// request asks for (Modbus Application Protocol V1.1b3, section 6.1).
    static let tableSize = 2000

    /// What libmodbus answers from.
    let mapping: UnsafeMutablePointer<modbus_mapping_t>
    private let unit: UInt8
    private let profile: FieldProfile
    private var isWritten = [Bool](repeating: false, count: FieldUnit.tableSize)

    /// A device; nil if there is no memory.
    init?(unit: UInt8, profile: FieldProfile) {
        let size = Int32(FieldUnit.tableSize)
        guard let mapping = modbus_mapping_new(size, size, size, size) else { return nil }
        self.mapping = mapping
        self.unit = unit
        self.profile = profile
        for address in 0..<FieldUnit.tableSize {
            mapping.pointee.tab_bits[address] = profile.bit(at: address) ? 1 : 0
            mapping.pointee.tab_input_bits[address] = profile.bit(at: address) ? 1 : 0
        }
    }

    deinit {
        modbus_mapping_free(mapping)
    }

    /// Brings the registers that a request asks for up to this moment.
    ///
    /// - Parameter isSwapped: Whether a meter's lower words come first.
    func refresh(_ range: Range<Int>, at time: WallTime, isSwapped: Bool = false) {
        let range = range.clamped(to: 0..<FieldUnit.tableSize)
        switch profile {
        case .addresses:
            for address in range { show(UInt16(address), at: address) }
        case .counter:
            for address in range {
                show(CounterClock.value(unit: unit, address: address, at: time), at: address)
            }
        case .meter:
            Meter(unit: unit, at: time).forEach { address, value in
                let words = [value.bitPattern >> 16, value.bitPattern]
                for (index, word) in words.enumerated() {
                    let place = address + (isSwapped ? 1 - index : index)
                    show(UInt16(truncatingIfNeeded: word), at: place)
                }
            }
        }
    }

    /// Keeps what a client has written to holding registers.
    func keep(_ range: Range<Int>) {
        for address in range.clamped(to: 0..<FieldUnit.tableSize) { isWritten[address] = true }
    }

    private func show(_ value: UInt16, at address: Int) {
        mapping.pointee.tab_input_registers[address] = value
        if !isWritten[address] { mapping.pointee.tab_registers[address] = value }
    }
}
