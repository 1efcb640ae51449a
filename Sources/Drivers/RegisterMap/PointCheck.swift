import Telemetry

/// Checks what the configuration says about one point, and where it lies.
struct PointCheck {
    var name: String
    var point: RegisterPoint
    /// The most registers in one answer.
    var limit: Int

    /// The point as the driver reads it.
    func register() throws(PointFlaw) -> RegisterMapDriver.Register {
        let (table, address) = try place()
        let codec = table.isBits ? try bitCodec() : try CodecCheck(point, limit: limit).codec()
        if Int(address) + codec.registers > 65536 {
            throw PointFlaw(
                key: "\(table)", what: "the point goes beyond register 65535",
                mend: "check address and type against the device's register map")
        }
        var register = RegisterMapDriver.Register(
            name: name, table: table, address: address, codec: codec,
            scaleFactor: point.scaleFactor)
        register.writing = try WriteCheck(register: register).rules(point.writable)
        return register
    }

    private func place() throws(PointFlaw) -> (RegisterTable, UInt16) {
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

    /// A coil or discrete input: one bit, which at most gets a name.
    private func bitCodec() throws(PointFlaw) -> RegisterCodec {
        let given: [(String, Bool)] = [
            ("type", point.type != nil && point.type != .bool), ("order", point.order != nil),
            ("length", point.length != nil), ("characters", point.characters != nil),
            ("bit", point.bit != nil), ("bits", point.bits != nil),
            ("expression", point.expression != nil), ("scale-factor", point.scaleFactor != nil),
            ("scale", point.scale != nil), ("offset", point.offset != nil),
            ("not-available", point.notAvailable != nil),
        ]
        if let (key, _) = given.first(where: \.1) {
            throw PointFlaw(
                key: key, what: "a coil or discrete input is one bit: `\(key)` means nothing here",
                mend: "leave `\(key)` out")
        }
        var codec = RegisterCodec(type: .bool, order: .abcd, registers: 1)
        codec.states = try point.states.map { states throws(PointFlaw) in
            try StatesCheck(states: states, numbers: 0...1, subject: "a bit").names()
        }
        return codec
    }
}
