/// Buses that a client of the control socket has for itself for a while.
public struct BusLoan: Codable, Hashable, Sendable {
    /// Its number, to prolong it and to give it back.
    public var number: UInt64
    /// The names of the buses.
    public var buses: [String]

    /// How long a loan lasts unless it is prolonged: a client that was killed keeps nothing.
    public static let term = Duration.seconds(15)
    /// How often a client prolongs it.
    static let renewal = Duration.seconds(5)
    /// How long it lasts at most: a cabinet is there to be read.
    public static let longest = Duration.seconds(600)
}
