import Journal
import Telemetry

/// A part of one queue that is published together.
struct Delivery: Equatable {
    var priority: Priority
    var range: Range<Position>
    /// How many items of a batch it carries, and how many bytes of payload.
    var items = 1
    var bytes = 0
    var isBacklog = false
    /// How often the broker has refused it before.
    var refusals = 0
}

/// The messages on their way, and what each carries. Acknowledgements may come in any order.
struct DeliveryWindow<Token: Hashable & Sendable>: Sendable {
    /// The most messages on their way.
    let limit: Int
    private var deliveries: [Token: Delivery] = [:]

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// How many are on their way.
    var count: Int { deliveries.count }
    var isEmpty: Bool { deliveries.isEmpty }
    var isFull: Bool { deliveries.count >= limit }

    /// Whether this message is on its way.
    func contains(_ token: Token) -> Bool {
        deliveries[token] != nil
    }

    /// A message is on its way.
    mutating func send(_ token: Token, _ delivery: Delivery) {
        deliveries[token] = delivery
    }

    /// What an answered message carried. Tokens that are not on their way mean nothing.
    mutating func answer(_ token: Token) -> Delivery? {
        deliveries.removeValue(forKey: token)
    }

    /// The link is gone: nothing is on its way any more.
    mutating func reset() {
        deliveries = [:]
    }
}
