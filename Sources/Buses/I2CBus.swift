import Telemetry

/// An I2C bus: writes to a device, reads from it, or both without letting go in between.
///
/// One operation is required, `transfer`; the rest is derived from it. Sources: UM10204, I2C-bus
/// specification, rev. 7; System Management Bus specification, version 3.2.
public protocol I2CBus: Bus {
    /// Performs one transaction.
    ///
    /// - Returns: As many bytes as were to be read.
    /// - Throws: `BusError`. The bus stays usable.
    func transfer(_ transaction: I2CTransaction) async throws(BusError) -> [UInt8]
}

/// One transaction with one device: bytes are written, then others read after a repeated start.
public struct I2CTransaction: Hashable, Sendable {
    /// The addresses that devices have; the others are reserved (UM10204, section 3.1.12).
    public static let addresses: ClosedRange<UInt8> = 0x08...0x77
    /// The most bytes that are written or read in one.
    public static let longest = 256

    /// The device's 7-bit address.
    public var address: UInt8
    /// What is written first, 0 to 256 bytes.
    public var written: [UInt8]
    /// How many bytes are read then, 0 to 256; not 0 too if nothing is written.
    public var readCount: Int
    /// Whether a packet error code guards it, for devices that have one (SMBus, section 6.4.1).
    public var hasErrorCode: Bool

    /// A transaction.
    public init(
        address: UInt8, writing written: [UInt8] = [], reading readCount: Int = 0,
        hasErrorCode: Bool = false
    ) {
        self.address = address
        self.written = written
        self.readCount = readCount
        self.hasErrorCode = hasErrorCode
    }

    /// Why it breaks the bus's limits; nil if it does not.
    public var flaw: String? {
        if !Self.addresses.contains(address) { return "there is no address \(address)" }
        if !(0...Self.longest).contains(readCount) || written.count > Self.longest {
            return "a transaction has at most \(Self.longest) bytes each way"
        }
        return written.isEmpty && readCount == 0 ? "a transaction without a byte" : nil
    }
}

extension I2CBus {
    /// Writes bytes; the first is most often a register's number.
    public func write(_ bytes: [UInt8], to address: UInt8) async throws(BusError) {
        _ = try await transfer(I2CTransaction(address: address, writing: bytes))
    }

    /// Reads bytes from a register on.
    public func read(
        _ count: Int, from register: UInt8, of address: UInt8
    ) async throws(BusError) -> [UInt8] {
        try await transfer(
            I2CTransaction(address: address, writing: [register], reading: count))
    }

    /// Reads a register of 16 bits, highest byte first.
    public func word(_ register: UInt8, of address: UInt8) async throws(BusError) -> UInt16 {
        let bytes = try await read(2, from: register, of: address)
        return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }

    /// Writes a register of 16 bits, highest byte first.
    public func write(
        word: UInt16, to register: UInt8, of address: UInt8
    ) async throws(BusError) {
        try await write([register, UInt8(word >> 8), UInt8(truncatingIfNeeded: word)], to: address)
    }
}

/// An I2C bus as configured.
public struct I2CLine: Hashable, Sendable {
    /// Its name in the configuration; also its thread's.
    public var name: String
    /// The adapter's device, such as `/dev/i2c-1`.
    public var path: String
    /// How long the adapter waits for a device that holds the clock, in steps of 10 ms.
    public var timeout: Duration

    /// A bus of this name.
    public init(name: String, path: String, timeout: Duration) {
        self.name = name
        self.path = path
        self.timeout = timeout
    }
}
