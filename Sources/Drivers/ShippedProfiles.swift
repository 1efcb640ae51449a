/// The device profiles that the binary brings along: the files of this folder, as they are.
public enum ShippedProfiles {
    /// One profile.
    public struct Entry: Sendable {
        /// Its name, and its file's name without `.yaml`.
        public let name: String
        /// The file.
        public let bytes: @Sendable () -> [UInt8]
    }

    /// All of them, by name. An explicit list: what is not named here does not exist.
    public static let all: [Entry] = [
        Entry(name: "apc-smart-ups") { PackageResources.apc_smart_ups_yaml },
        Entry(name: "carlo-gavazzi-em24") { PackageResources.carlo_gavazzi_em24_yaml },
        Entry(name: "carlo-gavazzi-em340") { PackageResources.carlo_gavazzi_em340_yaml },
        Entry(name: "eastron-sdm120") { PackageResources.eastron_sdm120_yaml },
        Entry(name: "eastron-sdm220") { PackageResources.eastron_sdm220_yaml },
        Entry(name: "eastron-sdm230") { PackageResources.eastron_sdm230_yaml },
        Entry(name: "eastron-sdm630") { PackageResources.eastron_sdm630_yaml },
        Entry(name: "eastron-sdm72d") { PackageResources.eastron_sdm72d_yaml },
        Entry(name: "eastron-sdm72d-v2") { PackageResources.eastron_sdm72d_v2_yaml },
        Entry(name: "intesis-in703dal") { PackageResources.intesis_in703dal_yaml },
        Entry(name: "janitza-umg") { PackageResources.janitza_umg_yaml },
        Entry(name: "kincony-sht30") { PackageResources.kincony_sht30_yaml },
        Entry(name: "pzem-004t-v3") { PackageResources.pzem_004t_v3_yaml },
        Entry(name: "pzem-016") { PackageResources.pzem_016_yaml },
        Entry(name: "schneider-iem3000") { PackageResources.schneider_iem3000_yaml },
        Entry(name: "tripp-lite-ups") { PackageResources.tripp_lite_ups_yaml },
        Entry(name: "waveshare-io-8ch") { PackageResources.waveshare_io_8ch_yaml },
        Entry(name: "waveshare-relay") { PackageResources.waveshare_relay_yaml },
        Entry(name: "xy-md02") { PackageResources.xy_md02_yaml },
    ]

    /// The file of a profile; nil if none has this name.
    public static func bytes(of name: String) -> [UInt8]? {
        all.first { $0.name == name }?.bytes()
    }
}
