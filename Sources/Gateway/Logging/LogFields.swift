import Logging

/// What belongs to a log message beside its text. Every message that is about one of these names it
/// by these keys and no others. In systemd's journal `device` is ARMADIO_DEVICE=, and so on; the
/// control socket has them as `fields`.
///
/// | key | what it has |
/// |---|---|
/// | device | the device's name in the configuration |
/// | bus | the bus, as `armadio status` calls it |
/// | uplink | the uplink's name in the configuration |
/// | point | DEVICE/POINT |
/// | reason | why, as one word: a quality (`timeout`), a kind of lost connection (`refused`) |
/// | event | which `KnownMessage` it is; the journal has its id as MESSAGE_ID= |
func about(
    _ event: KnownMessage? = nil, device: String? = nil, bus: String? = nil, uplink: String? = nil,
    point: String? = nil, reason: String? = nil
) -> Logger.Metadata {
    var fields: Logger.Metadata = [:]
    let all = [
        ("event", event?.rawValue), ("device", device), ("bus", bus), ("uplink", uplink),
        ("point", point), ("reason", reason),
    ]
    for case (let key, let value?) in all { fields[key] = .string(value) }
    return fields
}

/// The messages that people search for. `journalctl MESSAGE_ID=...` finds all of a kind, and
/// `journalctl -x` explains them: debian/armadio.catalog.
public enum KnownMessage: String, CaseIterable, Sendable {
    /// A device does not answer any more.
    case deviceSilent = "device-silent"
    /// It answers again.
    case deviceBack = "device-back"
    /// The link to a platform is up.
    case linkUp = "link-up"
    /// It is down.
    case linkDown = "link-down"
    /// The gateway has begun.
    case gatewayRuns = "gateway-runs"
    /// It has ended in order.
    case gatewayStopped = "gateway-stopped"
    /// Readings in the journal could not be read back.
    case journalDamaged = "journal-damaged"
    /// The journal's disk does not take readings.
    case diskFails = "disk-fails"
    /// It does again.
    case diskWell = "disk-well"
    /// The wall clock was set.
    case clockSet = "clock-set"
    /// A bus has not the time for its devices.
    case busOverloaded = "bus-overloaded"
    /// A loop of the gateway does not come back.
    case hang = "hang"
    /// A platform does not take some readings.
    case readingsSetAside = "readings-set-aside"
    /// Messages that came too often were left out.
    case messagesHeldBack = "messages-held-back"

    /// Its id in systemd's journal (sd-id128(3)). Never changes.
    public var id: String {
        switch self {
        case .deviceSilent: "5a931395b62f4c41a61ddcaca8b1d028"
        case .deviceBack: "839667a45b464ff4ace9aa532b11ecc0"
        case .linkUp: "972816be4c8d455a90f66414094fb1f1"
        case .linkDown: "95161362ecd6402495d62cb9fe2b841b"
        case .gatewayRuns: "5883e054fc5a4a999b1916dff4160d5f"
        case .gatewayStopped: "c7c7fc6037624618ac8c91ecbfc5397f"
        case .journalDamaged: "67749ae345704ee9bbaa21ff7df81766"
        case .diskFails: "059978f0e0c24ecc977c50163389a566"
        case .diskWell: "b92da8432f3b498abe8c872c9d81402a"
        case .clockSet: "bb92d1522fe14864859d788991f8150f"
        case .busOverloaded: "fc1cf6f867754432b0eb3a95ab21c527"
        case .hang: "7ed74cc787af4b4ebd3fd4691a1896dd"
        case .readingsSetAside: "dda5d8a6f101456eb02ae8a54bc557cc"
        case .messagesHeldBack: "dc071e60440e424a8a627119d063318c"
        }
    }
}
