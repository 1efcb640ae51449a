import CMosquitto

/// The version of the MQTT library that this program has loaded.
public var mosquittoVersion: String {
    var (major, minor, revision) = (Int32(0), Int32(0), Int32(0))
    mosquitto_lib_version(&major, &minor, &revision)
    return "\(major).\(minor).\(revision)"
}
