import FoundationEssentials
import TestSupport
import Testing

/// Readings as a platform understands them: SenML (RFC 8428) with its base values resolved.
struct SenMLReadings {
    /// One record.
    struct Reading: Equatable {
        /// `device/point`, with `/quality` behind it for a failed one.
        var name: String
        var value: String
        var time: Double
    }

    /// Prints one message a line.
    let subscriber: TestProcess
    let gateway: String

    /// The reading that was waited for has not come, but others have.
    struct NotAmongThem: Error {
        var last: Reading?
    }

    /// How long readings may come without the one that is waited for.
    static let patience = Duration.seconds(60)

    /// All readings until one of them ends it; that one is the last.
    func readings(until isEnough: (Reading) -> Bool) async throws -> [Reading] {
        var all: [Reading] = []
        let deadline = ContinuousClock.now + Self.patience
        while true {
            guard ContinuousClock.now < deadline else { throw NotAmongThem(last: all.last) }
            let line = try await subscriber.line(containing: "[{")
            for reading in try decode(line) {
                all.append(reading)
                if isEnough(reading) { return all }
            }
        }
    }

    func decode(_ line: String) throws -> [Reading] {
        let text = line.drop { $0 != "[" }
        let records = try JSONDecoder().decode([Record].self, from: Data(text.utf8))
        var (name, time) = ("", 0.0)
        return records.compactMap { record in
            name = record.bn ?? name
            time = record.bt ?? time
            let value =
                record.v.map { "\($0)" } ?? record.vb.map { "\($0)" } ?? record.vs ?? ""
            let whole = name + record.n
            return Reading(
                name: String(whole.dropFirst(gateway.count + 1)), value: value,
                time: time + (record.t ?? 0))
        }
    }

    private struct Record: Decodable {
        var bn: String?
        var bt: Double?
        var n: String
        var v: Double?
        var vb: Bool?
        var vs: String?
        var t: Double?
    }
}
