/// The two queues of a journal. Each has its own epoch, files and order; what is urgent never
/// waits behind what is not, and does not make room for it when the disk is full.
public enum Priority: Int, Sendable, CaseIterable {
    /// Readings of urgent points that are news (`ChangeDetector`): committed and sent at once.
    case urgent = 0
    /// All others.
    case normal = 1

    /// The word for it in commands.
    public var name: String {
        switch self {
        case .urgent: "urgent"
        case .normal: "normal"
        }
    }

    /// How its segment files' names begin.
    var filePrefix: String { name + "-" }
}
