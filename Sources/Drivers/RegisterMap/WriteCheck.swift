import Telemetry

/// Checks what the configuration says about writing a point.
struct WriteCheck {
    var register: RegisterMapDriver.Register

    /// The rules; nil if the point is not to be written.
    func rules(
        _ option: ScalarOrFields<Bool, WriteOptions>?
    ) throws(PointFlaw) -> WriteRules? {
        switch option {
        case nil, .scalar(false): return nil
        case .scalar(true):
            try checkPlace()
            return WriteRules()
        case .fields(let options):
            try checkPlace()
            return try rules(options)
        }
    }

    private func checkPlace() throws(PointFlaw) {
        if register.table == .input || register.table == .discrete {
            throw PointFlaw(
                key: "writable", what: "\(register.table) registers cannot be written",
                mend: "only `holding` and `coil` can; leave `writable` out")
        }
        if let oneWay = register.codec.oneWay ?? register.oneWay {
            throw PointFlaw(
                key: "writable", what: "\(oneWay) cannot be written", mend: "leave `writable` out")
        }
        if register.table == .coil, register.codec.states != nil {
            throw PointFlaw(
                key: "states", what: "a coil that is written is true or false",
                mend: "leave `states` or `writable` out")
        }
        if register.codec.states?.hasTwins == true {
            throw PointFlaw(
                key: "states", what: "two states have the same name: which is to be written?",
                mend: "give each a name of its own, or leave `writable` out")
        }
    }

    private func rules(_ options: WriteOptions) throws(PointFlaw) -> WriteRules {
        var rules = WriteRules()
        rules.range = try range(options)
        rules.verifies = options.verify ?? true
        rules.function = try function(options)
        rules.safeValue = try options.safe.map { text throws(PointFlaw) in
            try safeValue(text, within: rules.range)
        }
        return rules
    }

    private func range(_ options: WriteOptions) throws(PointFlaw) -> ClosedRange<Double> {
        let key = options.min == nil ? "max" : "min"
        let (low, high) = (options.min ?? -.infinity, options.max ?? .infinity)
        guard low <= high else {
            throw flaw(key, "`min` is above `max`", "write the smaller of the two as `min`")
        }
        if register.codec.type == .bool, options.min != nil || options.max != nil {
            throw flaw(key, "a switch has no limits", "leave `\(key)` out")
        }
        if register.codec.states != nil, options.min != nil || options.max != nil {
            throw flaw(key, "a state has no limits", "leave `\(key)` out")
        }
        return low...high
    }

    private func function(_ options: WriteOptions) throws(PointFlaw) -> WriteFunction? {
        guard options.function == .single, register.codec.registers > 1 else {
            return options.function
        }
        throw flaw(
            "function", "\(register.codec.registers) registers need the function `multiple`",
            "leave `function` out")
    }

    private func safeValue(
        _ text: String, within range: ClosedRange<Double>
    ) throws(PointFlaw) -> Value {
        do throws(DriverError) {
            let value = try register.accept(.string(text), within: range)
            guard register.table == .coil || register.codec.encode(value) != nil else {
                throw .unfitValue("\(value.text) does not fit \(register.name)")
            }
            return value
        } catch {
            throw flaw("safe", "\(error)", "write a value that the point can have")
        }
    }

    private func flaw(_ key: String, _ what: String, _ mend: String) -> PointFlaw {
        PointFlaw(keys: ["writable", key], what: what, mend: mend)
    }
}
