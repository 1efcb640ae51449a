import Telemetry

/// Checks how a point's registers are to become its value.
struct CodecCheck {
    private let point: RegisterPoint
    /// The most registers in one answer.
    private let limit: Int
    private let type: RegisterType

    init(_ point: RegisterPoint, limit: Int) {
        self.point = point
        self.limit = limit
        type = point.type ?? (point.bit == nil ? .uint16 : .bool)
    }

    /// The codec.
    func codec() throws(PointFlaw) -> RegisterCodec {
        let length = try length()
        try checkOrder()
        try checkConversions()
        var codec = RegisterCodec(
            type: type, order: point.order ?? .abcd, registers: length, field: try field(),
            scaling: Scaling(scale: point.scale, offset: point.offset))
        codec.sentinels = try sentinels()
        codec.states = try states(field: codec.field)
        codec.expression = try expression()
        codec.characters = point.characters ?? .both
        return codec
    }

    // MARK: Registers

    private func length() throws(PointFlaw) -> Int {
        guard type == .string else {
            if point.length != nil { throw needless("length", "only a string has a length") }
            if point.characters != nil {
                throw needless("characters", "only a string has characters")
            }
            guard type.registers <= limit else {
                throw PointFlaw(
                    key: "type",
                    what: "a \(type.rawValue) has \(type.registers) registers, an answer of this "
                        + "device only \(limit)",
                    mend: "check `max-registers`")
            }
            return type.registers
        }
        guard let length = point.length, (1...limit).contains(length) else {
            throw PointFlaw(
                key: point.length == nil ? "type" : "length",
                what: "a string's length is 1 to \(limit) registers",
                mend: "give `length:` in registers, such as `length: 8`")
        }
        return length
    }

    private func checkOrder() throws(PointFlaw) {
        guard let order = point.order else { return }
        if type == .string, point.characters == .low || point.characters == .high {
            throw needless("order", "with one character a register there is nothing to order")
        }
        guard order.isLowWordFirst, type.registers <= 1 else { return }
        let subject = type == .string ? "a string" : "one register (\(type.rawValue))"
        throw PointFlaw(
            key: "order", what: "\(subject) has no order of words",
            mend: "write BADC if its bytes are swapped, or check `type`")
    }

    private func field() throws(PointFlaw) -> RegisterCodec.BitField? {
        guard point.bit != nil || point.bits != nil else { return nil }
        let key = point.bit == nil ? "bits" : "bit"
        let span = point.bit.map { [$0, $0] } ?? point.bits ?? []
        let hasBits = type.kind == .bool || type.kind == .unsigned
        guard hasBits, point.bit == nil || point.bits == nil else {
            throw PointFlaw(
                key: key, what: "bits are taken from a bool or an unsigned number, once",
                mend: "give `bit: 3` for a bool or `bits: [4, 7]` for a number")
        }
        guard span.count == 2, span[0] >= 0, span[0] <= span[1], span[1] < type.bits else {
            throw PointFlaw(
                key: key, what: "bits are 0 to \(type.bits - 1), the lower first",
                mend: "write `bits: [lowest, highest]`, such as `bits: [4, 7]`")
        }
        return (span[0], span[1] - span[0] + 1)
    }

    private func sentinels() throws(PointFlaw) -> [UInt64] {
        guard let given = point.notAvailable else { return [] }
        if type == .string { throw needless("not-available", "a string that is empty is \"\"") }
        var bits: [UInt64] = []
        for (index, sentinel) in given.elements.enumerated() {
            guard let raw = sentinel.bits(of: type) else {
                throw PointFlaw(
                    keys: ["not-available"] + (given.elements.count > 1 ? ["\(index)"] : []),
                    what: "a \(type.rawValue) is never \(sentinel)",
                    mend: "write raw values as the registers have them, before scale and offset")
            }
            bits.append(raw)
        }
        return bits
    }

    // MARK: Conversions

    private func checkConversions() throws(PointFlaw) {
        let given = conversions.filter(\.1).map(\.0)
        if let key = given.first {
            if type.kind == .bool || type.kind == .text {
                throw needless(key, "a \(type.rawValue) cannot be computed with")
            }
            if point.states != nil {
                throw needless(key, "with `states` the value is a name: `\(key)` means nothing")
            }
        }
        if point.scale == 0 { throw needless("scale", "a scale of 0 makes every value 0") }
    }

    private var conversions: [(String, Bool)] {
        [
            ("expression", point.expression != nil), ("scale-factor", point.scaleFactor != nil),
            ("scale", point.scale != nil), ("offset", point.offset != nil),
        ]
    }

    private func states(field: RegisterCodec.BitField?) throws(PointFlaw) -> StateNames? {
        guard let states = point.states else { return nil }
        let numbers: ClosedRange<Int128>
        let width = Int128(field?.width ?? type.bits)
        switch type.kind {
        case .bool, .unsigned: numbers = 0...(1 << width) - 1
        case .signed: numbers = -(1 << (width - 1))...(1 << (width - 1)) - 1
        case .decimal:
            let highest = PackedDecimal.largest(bits: type.bits)
            numbers = 0...Int128(highest)
        case .float, .text:
            throw needless("states", "a \(type.rawValue) has no states, a whole number has")
        }
        let subject = field == nil ? "a \(type.rawValue)" : "a field of \(width) bits"
        return try StatesCheck(states: states, numbers: numbers, subject: subject).names()
    }

    private func expression() throws(PointFlaw) -> Expression? {
        guard let text = point.expression else { return nil }
        do throws(ExpressionFlaw) {
            return try Expression(text)
        } catch {
            throw PointFlaw(
                key: "expression", what: "column \(error.column) of the expression: \(error.what)",
                mend: error.mend)
        }
    }

    private func needless(_ key: String, _ what: String) -> PointFlaw {
        PointFlaw(key: key, what: what, mend: "leave `\(key)` out")
    }
}
