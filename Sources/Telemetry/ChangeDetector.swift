/// Tells which readings of a point are news: those that differ from the one before in value or
/// quality. Only they are worth the hurry of an urgent point; a door that is polled each second
/// and stays shut must not cost a write to the card each second.
public struct ChangeDetector: Sendable {
    private var last: [PointID: (value: Value?, quality: Quality)] = [:]

    /// Knows no point yet: the first reading of each is news.
    public init() {}

    /// Whether a reading differs from its point's last one, which it becomes.
    public mutating func isNews(_ point: PointID, _ value: Value?, _ quality: Quality) -> Bool {
        if let known = last[point], known.value == value, known.quality == quality { return false }
        last[point] = (value, quality)
        return true
    }
}
