import Buses
import Telemetry

/// A chip on an I2C bus: what it measures and how it is asked. The rest of a driver is the same for
/// every chip (`I2CChipDriver`).
protocol I2CChip: Sendable {
    /// What the configuration may say about it beside its address and points.
    associatedtype Options: Decodable & Sendable

    /// What it measures, in the order of `measure`.
    static var quantities: [Quantity] { get }
    /// The addresses that it can be strapped to; the first is the usual one.
    static var addresses: [UInt8] { get }
    /// Registers that only this chip has so, in the order in which it does least harm to read them
    /// from another; empty if its data sheet has none.
    static var identity: [I2CIdentityRegister] { get }

    /// A chip with these options.
    ///
    /// - Throws: `OptionFlaw`.
    init(_ options: Options) throws(OptionFlaw)

    /// Says to the chip what it has to know after power came; called before the first measurement
    /// and again after each failure.
    mutating func start(_ device: I2CDevice) async throws(BusError)

    /// Measures what is wanted.
    ///
    /// - Parameter wanted: Indices of `quantities`.
    /// - Returns: One for each of them.
    mutating func measure(
        _ wanted: [Int], _ device: I2CDevice
    ) async throws(BusError) -> [Measured]
}

extension I2CChip {
    static var identity: [I2CIdentityRegister] { [] }

    mutating func start(_ device: I2CDevice) async throws(BusError) {}
}

/// Options of a chip that has none.
struct NoOptions: Decodable, Sendable {}

/// One thing that a chip measures: its point's name unless the configuration picks some, named as
/// the kernel's IIO and hwmon name it.
struct Quantity: Sendable {
    var name: String
    var unit: Unit
}

/// What came of measuring one quantity.
enum Measured: Sendable, Equatable {
    case value(Value)
    case bad(Quality)

    /// A number with so many decimals, which are those that the chip resolves; one that is none is
    /// unrepresentable.
    static func number(_ value: Double, decimals: Int) -> Measured {
        let power = powers[decimals]
        let rounded = (value * power).rounded() / power
        return rounded.isFinite ? .value(.double(rounded)) : .bad(.unrepresentable)
    }

    private static let powers: [Double] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6]
}

/// What is wrong with an option of a driver.
struct OptionFlaw: Error {
    var key: String
    var what: String
    var mend: String
}

/// A chip at its address.
struct I2CDevice {
    let bus: any I2CBus
    let address: UInt8
    /// Knows the present instant, for pauses.
    let clock: any SampleSink

    func read(_ count: Int, from register: UInt8) async throws(BusError) -> [UInt8] {
        try await bus.read(count, from: register, of: address)
    }

    func word(_ register: UInt8) async throws(BusError) -> UInt16 {
        try await bus.word(register, of: address)
    }

    func write(_ bytes: [UInt8]) async throws(BusError) {
        try await bus.write(bytes, to: address)
    }

    func write(word: UInt16, to register: UInt8) async throws(BusError) {
        try await bus.write(word: word, to: register, of: address)
    }

    /// Reads without a register, as chips answer that were given a command before.
    func read(_ count: Int) async throws(BusError) -> [UInt8] {
        try await bus.transfer(I2CTransaction(address: address, reading: count))
    }

    /// Lets the chip do its work.
    func pause(_ duration: Duration) async throws(BusError) {
        do throws(CancellationError) {
            try await bus.sleep(until: clock.now() + duration)
        } catch {
            throw BusError(.system, "the measurement was broken off")
        }
    }
}
