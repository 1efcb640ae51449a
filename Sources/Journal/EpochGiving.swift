import Telemetry

extension Epoch {
    /// The highest number that is believed: two a start, for one start a second for 80 years.
    static let largestNumber: UInt32 = 5 << 29
    /// The highest number that a start goes on behind: it takes two.
    static let lastStart = largestNumber - 2
    /// Where numbers begin when a journal cannot even be read: above all that it can have.
    static let unreadableStart: UInt32 = 1 << 31

    /// Whether a number found on disk can be one that was given out.
    var isPlausible: Bool { number <= Epoch.largestNumber }
}
