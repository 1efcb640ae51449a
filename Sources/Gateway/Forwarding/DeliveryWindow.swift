import Telemetry

/// The messages on their way, in the order of their readings. Acknowledgements may come in any
/// order; what is settled moves only over those that are acknowledged without a hole.
struct DeliveryWindow<Token: Hashable & Sendable>: Sendable {
    private struct Entry {
        var token: Token
        var end: Position
        var isAcknowledged = false
    }

    /// The most messages on their way.
    let limit: Int
    private var entries: [Entry] = []

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// How many are on their way or wait for an earlier one.
    var count: Int { entries.count }
    var isEmpty: Bool { entries.isEmpty }
    var isFull: Bool { entries.count >= limit }

    /// Whether this message is on its way.
    func contains(_ token: Token) -> Bool {
        entries.contains { $0.token == token }
    }

    /// A message with all readings up to `end` is on its way.
    mutating func send(_ token: Token, through end: Position) {
        entries.append(Entry(token: token, end: end))
    }

    /// Takes note of an acknowledgement. Returns how far everything is settled now, if that is
    /// further than before. Tokens that are not on their way mean nothing.
    mutating func acknowledge(_ token: Token) -> Position? {
        guard let index = entries.firstIndex(where: { $0.token == token }) else { return nil }
        entries[index].isAcknowledged = true
        let settled = entries.prefix(while: \.isAcknowledged)
        defer { entries.removeFirst(settled.count) }
        return settled.last?.end
    }

    /// The link is gone: nothing is on its way any more.
    mutating func reset() {
        entries = []
    }
}
