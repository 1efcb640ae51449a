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
        Entry(name: "eastron-sdm120") { PackageResources.eastron_sdm120_yaml },
        Entry(name: "eastron-sdm630") { PackageResources.eastron_sdm630_yaml },
    ]

    /// The file of a profile; nil if none has this name.
    public static func bytes(of name: String) -> [UInt8]? {
        all.first { $0.name == name }?.bytes()
    }
}
