/// What is at an address of an I2C bus.
public enum I2CPresence: Sendable, Hashable {
    /// Nothing acknowledges.
    case absent
    /// Something does.
    case answers
    /// A driver of the kernel has it; it was not asked.
    case ofTheKernel
    /// The adapter cannot ask this address without harm to what may be there.
    case unknown
}
