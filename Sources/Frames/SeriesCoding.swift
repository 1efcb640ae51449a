/// How a series gets into bits or bytes by its plan, and back.
extension SeriesPlan {
    func putParameters(_ columns: inout ByteWriter) {
        switch mode {
        case .raw: break
        case .offset: columns.putZigzag(base)
        case .delta, .bytes:
            columns.putZigzag(base)
            columns.putZigzag(step)
        case .xor:
            columns.putZigzag(base)
            columns.put(UInt8(shift))
        }
    }

    mutating func readParameters(_ columns: inout ByteReader) throws(Malformed) {
        switch mode {
        case .raw: break
        case .offset: base = try columns.readZigzag()
        case .delta, .bytes:
            base = try columns.readZigzag()
            step = try columns.readZigzag()
        case .xor:
            base = try columns.readZigzag()
            shift = Int(try columns.read(UInt8.self))
            guard shift < 64 else { throw Malformed() }
        }
    }

    func put(_ series: ArraySlice<Int64>, _ bytes: inout ByteWriter, _ bits: inout BitWriter) {
        var last = base
        switch mode {
        case .raw:
            for value in series { bits.put(UInt64(bitPattern: value), width: width) }
        case .offset where width == 0: break
        case .offset:
            for value in series { bits.put(UInt64(bitPattern: value &- base), width: width) }
        case .delta:
            for value in series.dropFirst() {
                bits.put(UInt64(bitPattern: value &- last &- step), width: width)
                last = value
            }
        case .bytes:
            for value in series.dropFirst() {
                bytes.put(UInt8(truncatingIfNeeded: (value &- last &- step).zigzag))
                last = value
            }
        case .xor:
            for value in series.dropFirst() {
                bits.put(UInt64(bitPattern: value ^ last) >> UInt64(shift), width: width)
                last = value
            }
        }
    }

    /// Adds the stored bits of `count` values, at least one, to `series`.
    func read(
        _ count: Int, _ bytes: inout ByteReader, _ bits: inout BitReader,
        to series: inout [UInt64]
    ) throws(Malformed) {
        let begin = series.count
        var last = base
        if mode == .delta || mode == .bytes || mode == .xor {
            series.append(UInt64(bitPattern: base))
        }
        while series.count < begin + count {
            switch mode {
            case .raw: last = Int64(bitPattern: try bits.read(width: width))
            case .offset: last = base &+ Int64(bitPattern: try bits.read(width: width))
            case .delta: last = last &+ step &+ Int64(bitPattern: try bits.read(width: width))
            case .bytes: last = last &+ step &+ Int64(zigzag: UInt64(try bytes.read(UInt8.self)))
            case .xor: last ^= Int64(bitPattern: try bits.read(width: width) << UInt64(shift))
            }
            series.append(UInt64(bitPattern: last))
        }
        guard domain != .bits else { return }
        for index in begin..<series.count {
            series[index] = domain.bits(of: Int64(bitPattern: series[index]))
        }
    }
}

extension SeriesDomain {
    /// The stored bits that an integer of the domain stands for.
    @inline(__always)
    fileprivate func bits(of integer: Int64) -> UInt64 {
        switch self {
        case .bits: UInt64(bitPattern: integer)
        case .float: Double(Float(bitPattern: UInt32(truncatingIfNeeded: integer))).bitPattern
        case .decimal(let exponent):
            DoubleColumn.unscaled(integer, Int(exponent), isFloat: false)
        case .floatDecimal(let exponent):
            DoubleColumn.unscaled(integer, Int(exponent), isFloat: true)
        }
    }
}
