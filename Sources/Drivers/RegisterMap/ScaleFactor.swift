import Telemetry

/// The power of ten that a device keeps in a register of its own, -10 to 10: the type `sunssf` of
/// the SunSpec Device Information Model Specification.
enum ScaleFactor: Hashable, Sendable {
    /// Multiply with ten to this power.
    case power(Int)
    /// 0x8000: the device has no factor, and so no value.
    case notAvailable
    /// No power that a factor may have.
    case unrepresentable

    init(word: UInt16) {
        switch Int16(bitPattern: word) {
        case .min: self = .notAvailable
        case let power where (-10...10).contains(power): self = .power(Int(power))
        default: self = .unrepresentable
        }
    }

    /// Ten to the power, as one multiplication or one division so that 2301 and -1 give 230.1.
    static func apply(_ power: Int, to number: Double) -> Double {
        let factor = Scaling.powers[Int(min(power.magnitude, 10))]
        return power < 0 ? number / factor : number * factor
    }
}
