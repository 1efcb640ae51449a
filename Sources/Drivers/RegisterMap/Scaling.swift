/// Scale and offset, computed so that 231 at a scale of 0.1 is 23.1 and not
/// 23.100000000000001: as whole numbers over a power of ten where the decimals allow it.
struct Scaling: Hashable, Sendable {
    private var factor: Double
    private var summand: Double
    private var divisor: Double

    /// nil when nothing is to be scaled.
    init?(scale: Double?, offset: Double?) {
        let (scale, offset) = (scale ?? 1, offset ?? 0)
        if scale == 1 && offset == 0 { return nil }
        (factor, summand, divisor) = (scale, offset, 1)
        for exponent in 1...9 {
            let power = Scaling.powers[exponent]
            let (wholeScale, wholeOffset) = ((scale * power).rounded(), (offset * power).rounded())
            guard wholeScale / power == scale && wholeOffset / power == offset else { continue }
            (factor, summand, divisor) = (wholeScale, wholeOffset, power)
            return
        }
    }

    func apply(_ raw: Double) -> Double { (raw * factor + summand) / divisor }

    func invert(_ value: Double) -> Double { (value * divisor - summand) / factor }

    static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
}

extension Float {
    /// The shortest decimal that rounds to this float: 230.1, where plain widening would give
    /// 230.10000610351562. Rounding it to a float gives the device's own bits again.
    var asDecimal: Double {
        guard isFinite else { return Double(self) }
        let wide = Double(self)
        if wide.magnitude < 1e9 {
            for power in Scaling.powers.prefix(8) {
                let decimal = (wide * power).rounded() / power
                if Float(decimal) == self { return decimal }
            }
        }
        return Double(description) ?? wide
    }
}
