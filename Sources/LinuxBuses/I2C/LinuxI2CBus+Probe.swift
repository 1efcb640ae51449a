import Buses
import Glibc
import Platform

extension LinuxI2CBus {
    /// Asks whether anything is at an address, in the way that does least harm there (i2cdetect of
    /// i2c-tools, whose rules these are): a quick write, which is the address alone; a byte is read
    /// where memories are (0x50-0x5F), some of which a quick write corrupts, and at 0x30-0x37,
    /// where it would protect one for ever.
    ///
    /// - Throws: `BusError` if the adapter cannot be opened, or the bus is held.
    public func probe(_ address: UInt8) throws(BusError) -> I2CPresence {
        guard I2CTransaction.addresses.contains(address) else { return .unknown }
        let adapter = try open()
        do throws(SystemError) {
            return try adapter.probe(address) ? .answers : .unknown
        } catch {
            switch error.errno {
            case EBUSY: return .ofTheKernel
            case ETIMEDOUT: throw words.failed(error, I2CTransaction(address: address, reading: 1))
            default: return .absent
            }
        }
    }
}
