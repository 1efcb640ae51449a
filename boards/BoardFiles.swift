/// The board profiles that the binary brings along: the files of this folder, as they are.
public enum BoardFiles {
    /// All of them, by name. An explicit list: what is not named here does not exist.
    public static let all: KeyValuePairs<String, @Sendable () -> [UInt8]> = [
        "beaglebone-black": { PackageResources.beaglebone_black_yaml },
        "compulab-iot-gate-imx8": { PackageResources.compulab_iot_gate_imx8_yaml },
        "generic": { PackageResources.generic_yaml },
        "raspberry-pi-3b-plus": { PackageResources.raspberry_pi_3b_plus_yaml },
        "raspberry-pi-4b": { PackageResources.raspberry_pi_4b_yaml },
        "raspberry-pi-5": { PackageResources.raspberry_pi_5_yaml },
        "raspberry-pi-cm4": { PackageResources.raspberry_pi_cm4_yaml },
        "revpi-connect": { PackageResources.revpi_connect_yaml },
        "revpi-connect-4": { PackageResources.revpi_connect_4_yaml },
    ]

    /// The file of a board; nil if none has this name.
    public static func bytes(of name: String) -> [UInt8]? {
        all.first { $0.key == name }?.value()
    }
}
