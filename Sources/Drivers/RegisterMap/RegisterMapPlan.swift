import Buses
import Telemetry

extension DriverKind {
    /// Any Modbus device whose registers the configuration lists.
    public static let registerMap = DriverKind(
        name: "register-map",
        summary: "any Modbus device, its registers listed in the configuration",
        bus: .modbus,
        plan: { source in
            guard let options = source.decode(RegisterMapOptions.self) else { return nil }
            return RegisterMapPlan(options: options, source: source).plan()
        })
}

/// Checks a register map's options and turns them into channels and codecs. Every problem is
/// reported; the plan is nil if there was one.
private struct RegisterMapPlan {
    var options: RegisterMapOptions
    var source: any OptionsSource

    private typealias Flaw = PointFlaw

    func plan() -> DevicePlan? {
        let limit = options.maximumRegisters ?? ModbusLimits.readRegisters
        var isSound = checkRange("max-registers", limit, 1...ModbusLimits.readRegisters)
        let gap = options.maximumGap ?? BlockPlanner.defaultGap
        isSound = checkRange("max-gap", gap, 0...ModbusLimits.readRegisters - 1) && isSound
        if options.points.entries.isEmpty {
            source.report(
                path: ["points"], "the device has no points",
                mend: "list at least one, such as `voltage: {holding: 0}`")
            isSound = false
        }
        var registers: [RegisterMapDriver.Register] = []
        for (name, point) in options.points.entries {
            do throws(Flaw) {
                registers.append(try register(name, point, limit: limit))
            } catch {
                source.report(
                    path: ["points", name] + error.keys, error.what, mend: error.mend)
                isSound = false
            }
        }
        guard isSound else { return nil }
        return plan(registers, BlockPlanner(maximumRegisters: limit, maximumGap: gap))
    }

    private func plan(
        _ registers: [RegisterMapDriver.Register], _ planner: BlockPlanner
    ) -> DevicePlan {
        let channels = zip(registers, options.points.entries).map { register, entry in
            Channel(
                name: register.name, unit: entry.value.unit ?? .none,
                isWritable: register.writing != nil, safeValue: register.writing?.safeValue)
        }
        let (unit, timeout) = (options.unitID, options.responseTimeout)
        return DevicePlan(channels: channels) { handle in
            switch handle {
            case .modbus(let bus):
                RegisterMapDriver(
                    bus: bus, unit: unit, responseTimeout: timeout, planner: planner,
                    registers: registers)
            }
        }
    }

    private func checkRange(_ key: String, _ value: Int, _ range: ClosedRange<Int>) -> Bool {
        if range.contains(value) { return true }
        source.report(
            path: [key], "`\(key)` is \(range.lowerBound) to \(range.upperBound), not \(value)",
            mend: "leave it out for the protocol's own limit")
        return false
    }

    private func register(
        _ name: String, _ point: RegisterPoint, limit: Int
    ) throws(Flaw) -> RegisterMapDriver.Register {
        let (table, address) = try place(point)
        let codec = table.isBits ? try bitCodec(point) : try registerCodec(point, limit: limit)
        if Int(address) + codec.registers > 65536 {
            throw PointFlaw(
                key: "\(table)", what: "the point goes beyond register 65535",
                mend: "check address and type against the device's register map")
        }
        var register = RegisterMapDriver.Register(
            name: name, table: table, address: address, codec: codec)
        register.writing = try WriteCheck(register: register).rules(point.writable)
        return register
    }

    private func place(_ point: RegisterPoint) throws(Flaw) -> (RegisterTable, UInt16) {
        let places: [(RegisterTable, UInt16?)] = [
            (.holding, point.holding), (.input, point.input), (.coil, point.coil),
            (.discrete, point.discrete),
        ]
        let given = places.compactMap { table, address in address.map { (table, $0) } }
        guard given.count == 1 else {
            throw PointFlaw(
                key: given.last.map { "\($0.0)" } ?? "",
                what: given.isEmpty ? "the point has no address" : "the point has two addresses",
                mend: "give one of `holding`, `input`, `coil`, `discrete`, such as `holding: 0`")
        }
        return given[0]
    }

    /// A coil or discrete input: one bit, nothing to convert.
    private func bitCodec(_ point: RegisterPoint) throws(Flaw) -> RegisterCodec {
        let given: [(String, Bool)] = [
            ("type", point.type != nil && point.type != .bool), ("order", point.order != nil),
            ("length", point.length != nil), ("bit", point.bit != nil),
            ("bits", point.bits != nil), ("scale", point.scale != nil),
            ("offset", point.offset != nil), ("not-available", point.notAvailable != nil),
        ]
        if let (key, _) = given.first(where: \.1) {
            throw PointFlaw(
                key: key, what: "a coil or discrete input is one bit: `\(key)` means nothing here",
                mend: "leave `\(key)` out")
        }
        return RegisterCodec(type: .bool, order: .abcd, registers: 1)
    }

    private func registerCodec(
        _ point: RegisterPoint, limit: Int
    ) throws(Flaw) -> RegisterCodec {
        let type = point.type ?? (point.bit == nil ? .uint16 : .bool)
        let length = try length(point, type: type, limit: limit)
        let field = try field(point, type: type)
        if point.scale == 0 {
            throw PointFlaw(
                key: "scale", what: "a scale of 0 makes every value 0", mend: "leave it out")
        }
        if (type == .bool || type == .string) && (point.scale != nil || point.offset != nil) {
            throw PointFlaw(
                key: point.scale == nil ? "offset" : "scale",
                what: "a \(type.rawValue) cannot be scaled", mend: "leave it out")
        }
        return RegisterCodec(
            type: type, order: point.order ?? .abcd, registers: length, field: field,
            scaling: Scaling(scale: point.scale, offset: point.offset),
            sentinel: point.notAvailable.map { sentinelBits($0, registers: length) })
    }

    private func length(
        _ point: RegisterPoint, type: RegisterType, limit: Int
    ) throws(Flaw) -> Int {
        guard type == .string else {
            if point.length != nil {
                throw PointFlaw(
                    key: "length", what: "only a string has a length", mend: "leave `length` out")
            }
            return type.registers
        }
        guard let length = point.length, (1...limit).contains(length) else {
            throw PointFlaw(
                key: point.length == nil ? "type" : "length",
                what: "a string's length is 1 to \(limit) registers",
                mend: "give `length:` in registers of two bytes")
        }
        return length
    }

    private func field(
        _ point: RegisterPoint, type: RegisterType
    ) throws(Flaw) -> (lowest: Int, width: Int)? {
        guard point.bit != nil || point.bits != nil else { return nil }
        let key = point.bit == nil ? "bits" : "bit"
        let span = point.bit.map { [$0, $0] } ?? point.bits ?? []
        let isInteger = type == .bool || type == .uint16 || type == .uint32 || type == .uint64
        guard isInteger, point.bit == nil || point.bits == nil else {
            throw PointFlaw(
                key: key, what: "bits are taken from bool, uint16, uint32 or uint64, once",
                mend: "give `bit: 3` for a bool or `bits: [4, 7]` for a number")
        }
        let width = max(type.registers, 1) * 16
        guard span.count == 2, span[0] >= 0, span[0] <= span[1], span[1] < width else {
            throw PointFlaw(
                key: key, what: "bits are 0 to \(width - 1), the lower first",
                mend: "write `bits: [lowest, highest]`, such as `bits: [4, 7]`")
        }
        return (span[0], span[1] - span[0] + 1)
    }

    private func sentinelBits(_ value: Int64, registers: Int) -> UInt64 {
        let raw = UInt64(bitPattern: value)
        return registers >= 4 ? raw : raw & (1 << UInt64(16 * registers) - 1)
    }
}
