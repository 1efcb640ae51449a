import Console
import JSON
import Receiver

/// What a receiver tells, as a line.
enum ReceiverLine {
    /// A value of a JSON line.
    enum Field: Encodable {
        case text(String)
        case number(UInt64)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

    static func text(_ event: ReceiverEvent) -> String {
        switch event {
        case .connected(let version): "connected (MQTT \(version))"
        case .disconnected(let reason): "not connected: \(reason)"
        case .subscriptionRefused(let reason): "the broker refuses the subscription \(reason)"
        case .newGateway(let gateway): "new gateway \(gateway)"
        case .gap(let gap): "\(gap.stream): lost \(numbers(gap)): \(gap.reason ?? "")"
        case .missing(let stream, 0): "\(stream): nothing is missing any more"
        case .missing(let stream, let count):
            "\(stream): \(count) readings have not come, though later ones have"
        case .refused(let topic, let reason, let more):
            "set aside, from \(printable(topic)): \(printable(reason))"
                + (more > 0 ? " (and \(more) others)" : "")
        case .databaseFailed(let reason): "the database takes nothing: \(reason); it is tried again"
        case .databaseBack: "the database takes readings again"
        case .dropped(let count): "\(count) messages were too long and are lost"
        }
    }

    static func text(_ totals: ReceiverTotals) -> String {
        "stopped: \(totals.readings) readings written, \(totals.repeated) were there, "
            + "\(totals.messages) messages in \(totals.transactions) transactions, "
            + "\(totals.refused) set aside"
    }

    static func json(_ event: ReceiverEvent) -> String {
        switch event {
        case .connected(let version): json("connected", ["version": .text(version)])
        case .disconnected(let reason): json("disconnected", ["reason": .text(reason)])
        case .subscriptionRefused(let reason):
            json("subscription-refused", ["reason": .text(reason)])
        case .newGateway(let gateway): json("new-gateway", ["gateway": .text(gateway)])
        case .gap(let gap):
            json(
                "gap",
                fields(gap.stream).merging([
                    "first": .number(gap.numbers.lowerBound), "count": .number(count(gap)),
                    "reason": .text(gap.reason ?? ""),
                ]) { $1 })
        case .missing(let stream, let count):
            json("missing", fields(stream).merging(["count": .number(count)]) { $1 })
        case .refused(let topic, let reason, let more):
            json(
                "refused",
                ["topic": .text(topic), "reason": .text(reason), "more": .number(UInt64(more))])
        case .databaseFailed(let reason): json("database-failed", ["reason": .text(reason)])
        case .databaseBack: json("database-back", [:])
        case .dropped(let count): json("dropped", ["count": .number(count)])
        }
    }

    static func json(_ totals: ReceiverTotals) -> String {
        json(
            "stopped",
            [
                "readings": .number(totals.readings), "repeated": .number(totals.repeated),
                "messages": .number(totals.messages),
                "transactions": .number(totals.transactions), "refused": .number(totals.refused),
            ])
    }

    private static func json(_ event: String, _ fields: [String: Field]) -> String {
        let all = fields.merging(["event": .text(event)]) { $1 }
        do {
            return String(decoding: try JSONEncoder().encode(all), as: UTF8.self)
        } catch {
            // Texts and numbers can always be encoded.
            return "{\"event\":\"\(event)\"}"
        }
    }

    private static func fields(_ stream: StreamKey) -> [String: Field] {
        ["gateway": .text(stream.gateway), "epoch": .text(stream.epoch.description)]
    }

    private static func count(_ gap: Gap) -> UInt64 {
        gap.numbers.upperBound - gap.numbers.lowerBound
    }

    private static func numbers(_ gap: Gap) -> String {
        "\(count(gap)) readings from \(gap.numbers.lowerBound)"
    }

    /// What somebody else has written must not steer the terminal.
    private static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }
}
