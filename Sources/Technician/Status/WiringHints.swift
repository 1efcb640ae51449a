import Console

/// What the errors of a bus say about its wiring. A table of rules over counts: nothing is asked of
/// the bus.
public struct WiringHints: Sendable {
    /// The kinds of line, as they are wired.
    public enum Kind: String, Sendable, CaseIterable {
        /// Two wires, RS-485 or RS-232.
        case serial
        /// A network.
        case tcp
        /// A network up to a serial server, two wires behind it.
        case serialServer = "serial-server"
        /// A clock and a data wire.
        case i2c
        /// Without wires of its own to look at.
        case other
    }

    /// How requests have ended since the start.
    public struct Errors: Hashable, Sendable {
        /// All requests.
        public var requests: UInt64 = 0
        /// Those without an answer in time.
        public var timeouts: UInt64 = 0
        /// Those that the device refused.
        public var exceptions: UInt64 = 0
        /// Those whose answer had a wrong checksum.
        public var checksum: UInt64 = 0
        /// Those that somebody else's answer came to.
        public var corrupt: UInt64 = 0

        /// None.
        public init() {}

        /// Which part of the requests, in percent; nil while they are too few to say.
        func percent(_ count: UInt64) -> Double? {
            requests >= WiringHints.fewestRequests ? Double(count) / Double(requests) * 100 : nil
        }
    }

    /// A device on the line.
    public struct Device: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Whether it answered when it was last asked.
        public var isAnswering = true
        /// How long it has not, in seconds.
        public var failingSeconds: Double?
        /// Why its last failed request failed.
        public var failure: String?
        /// How its requests have ended.
        public var errors = Errors()

        /// A device that answers.
        public init(_ name: String) { self.name = name }

        /// It refuses what it is asked, so that it is there, and has power.
        var isRefusing: Bool { errors.exceptions > errors.timeouts }
    }

    /// Fewer requests say nothing about a line.
    static let fewestRequests: UInt64 = 20
    /// From so many percent of disturbed answers on the line is not well.
    static let disturbedPercent = 1.0
    /// From so many percent on it is not disturbed but wrongly set.
    static let garbledPercent = 50.0
    /// From so many percent of refused or unanswered requests on a device is not well.
    static let unwillingPercent = 5.0
    /// The most devices that are named.
    private static let named = 5

    /// The bus's name in the configuration.
    public var bus: String
    /// What kind of line it is.
    public var kind: Kind
    /// The devices on it.
    public var devices: [Device]

    /// The hints for a bus.
    public init(bus: String, kind: Kind, devices: [Device]) {
        (self.bus, self.kind, self.devices) = (bus, kind, devices)
    }

    /// What is wrong with the line and the devices on it.
    public var findings: [Finding] {
        let silent = devices.filter { !$0.isAnswering && !$0.isRefusing }
        let isDead = !silent.isEmpty && silent.count == devices.count && kind != .other
        let silence = isDead ? [dead] : silent.map { lone($0) }
        return silence + devices.flatMap(refusals) + (isDead ? [] : disturbances + gaps)
    }

    // MARK: Silence

    private var dead: Finding {
        let names = devices.prefix(Self.named).map(\.name).joined(separator: ", ")
        let more = devices.count > Self.named ? " and \(devices.count - Self.named) more" : ""
        let who =
            devices.count == 1
            ? "its only device \(names) does not answer"
            : "none of its \(devices.count) devices answers (\(names)\(more))"
        let time = devices.compactMap(\.failingSeconds).min().map { " for \(timeSpan($0))" } ?? ""
        return Finding(
            .problem, "bus \(bus)", who + time + reason(of: devices.first), mend: wayToLife)
    }

    /// In the order in which it is quickest to look.
    private var wayToLife: String {
        switch kind {
        case .serial:
            "look at the devices' power, then swap A and B, then baud and parity: "
                + "`armadio scan modbus` tries them"
        case .serialServer:
            "look whether the serial server is on the network and set to the devices' baud and "
                + "parity, then at the devices' power, then swap A and B"
        case .tcp: "look at the device's power, its network cable and lamp, and its address"
        case .i2c: "look at the chip's power, then SDA and SCL swapped: `armadio scan i2c`"
        case .other: "look at the device's power"
        }
    }

    private func lone(_ device: Device) -> Finding {
        let time = device.failingSeconds.map { " for \(timeSpan($0))" } ?? ""
        let others = devices.contains(where: \.isAnswering) ? " while others on \(bus) do" : ""
        return Finding(
            .problem, "device \(device.name)",
            "does not answer\(time)\(others)" + reason(of: device),
            mend: wayToLife(of: device))
    }

    private func wayToLife(of device: Device) -> String {
        switch kind {
        case .serial, .serialServer:
            "the line is well: look at its power, its unit id and its branch of the cable"
        case .tcp: "look at its power and its unit id; behind a gateway, at its own line"
        case .i2c: "the bus is well: look at its power, its address and its wires"
        case .other: "`armadio read \(device.name)` asks it now"
        }
    }

    /// A bus error's first words say what, the rest what to look at, which is said better here.
    private func reason(of device: Device?) -> String {
        guard let failure = device?.failure?.split(separator: ";").first else { return "" }
        return ": " + failure
    }

    // MARK: Refusals

    private func refusals(_ device: Device) -> [Finding] {
        guard device.isRefusing else { return [] }
        if !device.isAnswering {
            return [
                Finding(
                    .problem, "device \(device.name)",
                    "answers, and refuses all it is asked" + reason(of: device),
                    mend: "wrong model, register map or function: compare `driver`, `profile` and "
                        + "the points with the device's manual; `armadio profile list`")
            ]
        }
        guard let part = device.errors.percent(device.errors.exceptions),
            part >= Self.unwillingPercent
        else { return [] }
        return [
            Finding(
                .warning, "device \(device.name)",
                "refuses \(decimal(part, 0)) % of the requests" + reason(of: device),
                mend: "it lacks some of the points: `armadio read \(device.name)` shows which")
        ]
    }

    // MARK: Disturbances

    private var disturbances: [Finding] {
        let total = devices.reduce(into: Errors()) { sum, device in
            sum.requests += device.errors.requests
            sum.checksum += device.errors.checksum
            sum.corrupt += device.errors.corrupt
        }
        return [checksums(total), strangers(total)].compactMap(\.self)
    }

    private func checksums(_ total: Errors) -> Finding? {
        guard let part = total.percent(total.checksum), part >= Self.disturbedPercent else {
            return nil
        }
        let what = "\(decimal(part, 0)) % of the answers have a wrong checksum"
        if kind == .i2c {
            return Finding(
                .warning, "bus \(bus)", what, mend: "shorten the wires, or add stronger pull-ups")
        }
        let isGarbled = part >= Self.garbledPercent
        return Finding(
            isGarbled ? .problem : .warning, "bus \(bus)", what,
            mend: isGarbled
                ? "baud or parity differ from the devices': `armadio scan modbus` finds them; "
                    + "then the terminating resistors"
                : "120 ohm at both ends of the line and nowhere else, the reference wire "
                    + "connected, the cable away from mains and inverters")
    }

    private func strangers(_ total: Errors) -> Finding? {
        guard let part = total.percent(total.corrupt), part >= Self.disturbedPercent else {
            return nil
        }
        return Finding(
            .warning, "bus \(bus)",
            "\(decimal(part, 0)) % of the answers belong to another request",
            mend: kind == .tcp
                ? "another client uses the device too, or its gateway mixes answers up: let only "
                    + "this one poll it"
                : "two masters on the line, or two devices with one unit id: disconnect one after "
                    + "the other; `armadio scan modbus`")
    }

    /// Devices that answer most of the time.
    private var gaps: [Finding] {
        devices.filter(\.isAnswering).compactMap { device in
            guard let part = device.errors.percent(device.errors.timeouts),
                part >= Self.unwillingPercent, kind != .other
            else { return nil }
            return Finding(
                .warning, "device \(device.name)",
                "leaves \(decimal(part, 0)) % of the requests unanswered",
                mend: kind == .tcp
                    ? "look at the network's load and the device's limit of clients; a longer "
                        + "`response-timeout` may do"
                    : "look for a loose terminal and weak power; a longer `response-timeout` or a "
                        + "`turnaround` may do")
        }
    }
}
