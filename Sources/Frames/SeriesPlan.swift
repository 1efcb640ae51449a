/// How one point's values are written: chosen by what costs the fewest bits.
struct SeriesPlan {
    var domain = SeriesDomain.bits
    var mode = SeriesMode.raw
    var width = 0
    /// The least or the first, where the mode has one.
    var base: Int64 = 0
    /// The difference from which differences are told.
    var step: Int64 = 0
    /// Zeros at the right end that `xor` leaves out.
    var shift = 0
    /// What of it would change if it were written in bytes; nil if a byte does not hold a
    /// difference, or nothing is gained.
    private var middle: (first: Int64, step: Int64)?

    /// What the parameters of a mode that has one, or two, cost at the least, in bits.
    private static let parameterBits = 16
    private static let parametersBits = 24

    /// A plan that was read.
    init(domain: SeriesDomain, mode: SeriesMode, width: Int) {
        self.domain = domain
        self.mode = mode
        self.width = width
    }

    /// The plan for integers of a domain.
    init(for values: UnsafeBufferPointer<Int64>, domain: SeriesDomain) {
        self.domain = domain
        guard let first = values.first else { return }
        let shape = SeriesShape(of: values, first: first)
        (mode, width) = (.raw, shape.union.significantBits)
        var cost = shape.count * width
        let offsetWidth = UInt64(bitPattern: shape.high &- shape.low).significantBits
        if shape.count * offsetWidth + SeriesPlan.parameterBits < cost {
            (mode, width, base) = (.offset, offsetWidth, shape.low)
            cost = shape.count * width + SeriesPlan.parameterBits
        }
        let stepWidth = UInt64(bitPattern: shape.highStep &- shape.lowStep).significantBits
        if (shape.count - 1) * stepWidth + SeriesPlan.parametersBits < cost {
            (mode, width, base, step) = (.delta, stepWidth, first, shape.lowStep)
            cost = (shape.count - 1) * width + SeriesPlan.parametersBits
        }
        let zeros = min(shape.xors.trailingZeroBitCount, 63)
        let xorWidth = (shape.xors >> UInt64(zeros)).significantBits
        if (shape.count - 1) * xorWidth + SeriesPlan.parametersBits < cost {
            (mode, width, base, shift) = (.xor, xorWidth, first, zeros)
        }
        if width > 1, stepWidth > 1 { middle = shape.middle.map { (first, $0) } }
    }

    /// The plan for integers of a domain among those of other points, of which the one before has
    /// a mode: each change of it costs, and each parameter what it takes.
    init(for values: UnsafeBufferPointer<Int64>, domain: SeriesDomain, after last: SeriesMode) {
        self.domain = domain
        guard let first = values.first else { return }
        let shape = SeriesShape(of: values, first: first)
        let stepWidth = UInt64(bitPattern: shape.highStep &- shape.lowStep).significantBits
        let zeros = min(shape.xors.trailingZeroBitCount, 63)
        var cost = Int.max
        func offer(_ plan: SeriesPlan, _ numbers: Int, parameters: Int) {
            let bits = numbers * plan.width + parameters
            let all = bits + (plan.mode == last ? 0 : SeriesPlan.runBits)
            guard all < cost else { return }
            (self, cost) = (plan, all)
        }
        var plan = SeriesPlan(domain: domain, mode: .raw, width: shape.union.significantBits)
        offer(plan, shape.count, parameters: 0)
        plan.mode = .offset
        plan.width = UInt64(bitPattern: shape.high &- shape.low).significantBits
        plan.base = shape.low
        offer(plan, shape.count, parameters: shape.low.zigzag.varintBits)
        (plan.mode, plan.width, plan.base) = (.delta, stepWidth, first)
        plan.step = shape.lowStep
        let firstBits = first.zigzag.varintBits
        offer(plan, shape.count - 1, parameters: firstBits + shape.lowStep.zigzag.varintBits)
        plan.mode = .xor
        (plan.width, plan.shift) = ((shape.xors >> UInt64(zeros)).significantBits, zeros)
        offer(plan, shape.count - 1, parameters: firstBits + 8)
        if width > 1, stepWidth > 1 { middle = shape.middle.map { (first, $0) } }
    }

    /// What a run of one column costs, in bits.
    static let runBits = 16

    /// Whether all but the parameters is the same.
    func hasForm(of other: SeriesPlan) -> Bool {
        domain == other.domain && mode == other.mode && width == other.width
    }

    /// How many numbers of its width it takes for so many values.
    func numbers(for values: Int) -> Int {
        switch mode {
        case .raw, .offset: values
        case .delta, .xor: values - 1
        case .bytes: 0
        }
    }

    /// Whether bytes may be shorter, once zstd has been at them.
    var couldBeBytes: Bool { middle != nil }

    /// The same in bytes, where that could be shorter.
    var asBytes: SeriesPlan {
        guard let middle else { return self }
        var plan = SeriesPlan(domain: domain, mode: .bytes, width: 0)
        (plan.base, plan.step) = middle
        return plan
    }
}

/// What there is to know of integers to choose how to write them.
private struct SeriesShape {
    var count: Int
    var low: Int64
    var high: Int64
    /// The least and the greatest difference.
    var lowStep: Int64 = .max
    var highStep: Int64 = .min
    /// Every bit that is set in any.
    var union: UInt64 = 0
    /// Every bit that changes.
    var xors: UInt64 = 0

    init(of values: UnsafeBufferPointer<Int64>, first: Int64) {
        count = values.count
        (low, high, union) = (first, first, UInt64(bitPattern: first))
        var last = first
        for value in values.dropFirst() {
            low = min(low, value)
            high = max(high, value)
            union |= UInt64(bitPattern: value)
            xors |= UInt64(bitPattern: value ^ last)
            lowStep = min(lowStep, value &- last)
            highStep = max(highStep, value &- last)
            last = value
        }
        if count == 1 { (lowStep, highStep) = (0, 0) }
    }

    /// The step from which a byte holds all, zigzag; 0 if possible. Nil if there is none.
    var middle: Int64? {
        if lowStep >= -64, highStep <= 63 { return 0 }
        let range = UInt64(bitPattern: highStep &- lowStep)
        return range < 128 ? lowStep &+ 64 : nil
    }
}

extension UInt64 {
    /// How many bits it takes.
    var significantBits: Int { 64 - leadingZeroBitCount }

    /// How many bits it takes as a varint.
    var varintBits: Int { Swift.max(significantBits + 6, 7) / 7 * 8 }
}
