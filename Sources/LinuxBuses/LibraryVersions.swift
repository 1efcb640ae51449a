import CGPIOD
import CModbus

/// The libraries that the buses go through, and the versions of them that are loaded.
public var busLibraries: [(name: String, version: String)] {
    [
        (
            "libmodbus",
            "\(libmodbus_version_major).\(libmodbus_version_minor).\(libmodbus_version_micro)"
        ),
        ("libgpiod", "\(cgpiod_generation())"),
    ]
}
