/// What `armadio doctor` looks at.
public enum DoctorArea: String, CaseIterable, Codable, Sendable {
    /// The configuration and the files that it names.
    case configuration
    /// Users, groups, and who may open what.
    case permissions
    /// What the kernel has to bring along.
    case kernel
    /// The wiring of the buses, by their errors.
    case buses
    /// The clock and who sets it.
    case clock
    /// The disk with the journal.
    case disk
    /// The way to the platforms.
    case network
    /// Versions, power, temperature, memory.
    case system
}
