import Settings
import Telemetry

/// Where a gateway's configuration comes from: its file, and how it is understood.
public struct ConfigurationSource: Sendable {
    /// Reads a configuration and puts its points into the table.
    public typealias Check =
        @Sendable (SettingsFile, PointTable) throws(SettingsProblems) -> CabinetPlan

    /// The file.
    var path: String
    /// The text in use.
    var text: [UInt8]
    /// The trial that the start has ended; nil if there was none.
    var recovery: ConfigurationStore.Recovery?
    let check: Check

    /// The source of the plan that a gateway starts with.
    public init(
        path: String, text: [UInt8], recovery: ConfigurationStore.Recovery?,
        check: @escaping Check
    ) {
        self.path = path
        self.text = text
        self.recovery = recovery
        self.check = check
    }
}
