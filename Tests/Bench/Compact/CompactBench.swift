import Glibc
import Telemetry
import TestSupport
import Uplink

/// What a reading takes as a compact payload, beside SenML JSON, and what it costs to encode:
///
///     swift run -c release compact-bench [--json]
///
/// Bytes are those of the payloads, with identity, time, quality and value. SenML's identity is
/// in user properties, which are not counted. Times are CPU time of one core, of the fastest of
/// many rounds.
@main
struct CompactBench {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.isEmpty || words == ["--json"] else {
            print("usage: compact-bench [--json]")
            exit(64)
        }
        let results = CompactSample.all().map { CompactResult(of: $0) }
        print(words.isEmpty ? Self.table(results) : Self.json(results))
    }

    private static func table(_ results: [CompactResult]) -> String {
        let head = [
            "readings", "payload B", "B/reading", "SenML B/reading", "encode ns", "decode ns",
        ]
        let rows = results.map { result in
            row(
                result.name,
                [
                    String(result.readings), String(result.bytes),
                    rounded(result.bytesPerReading, 3), rounded(result.senMLPerReading, 2),
                    rounded(result.encodeNanoseconds, 0), rounded(result.decodeNanoseconds, 0),
                ])
        }
        return ([row("", head)] + rows).joined(separator: "\n")
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        cells.reduce(name + blanks(36 - name.count)) { $0 + blanks(17 - $1.count) + $1 }
    }

    private static func blanks(_ count: Int) -> String {
        String(repeating: " ", count: max(count, 0))
    }

    private static func rounded(_ value: Double, _ places: Int) -> String {
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let scaled = Int((value * Double(scale)).rounded())
        guard places > 0 else { return String(scaled) }
        return "\(scaled / scale)." + String(scaled % scale + scale).dropFirst()
    }

    private static func json(_ results: [CompactResult]) -> String {
        let objects = results.map { result in
            """
            {"name": "\(result.name)", "readings": \(result.readings), "bytes": \(result.bytes), \
            "senml_bytes_a_reading": \(result.senMLPerReading), \
            "encode_ns_a_reading": \(result.encodeNanoseconds), \
            "decode_ns_a_reading": \(result.decodeNanoseconds)}
            """
        }
        return "[" + objects.joined(separator: ",\n ") + "]"
    }
}

/// What was measured of one kind of batch.
struct CompactResult {
    var name: String
    var readings: Int
    var bytes: Int
    var senMLPerReading: Double
    var encodeNanoseconds: Double
    var decodeNanoseconds: Double

    var bytesPerReading: Double { Double(bytes) / Double(readings) }

    init(of sample: CompactSample) {
        name = sample.name
        readings = sample.batch.items
        var compact = CompactSession(
            gateway: "cabinet-17", points: sample.points, version: "1", epoch: sample.batch.epoch)
        var senML = SenMLSession(gateway: "cabinet-17", points: sample.points, version: "1")
        let presence = Presence(
            epoch: sample.batch.epoch, protocolVersion: .v5, connect: 1,
            clock: sample.batch.anchor, roster: sample.roster)
        var decoder = CompactDecoder()
        for message in compact.births(presence).dropFirst() {
            _ = try? decoder.read(message.payload)
        }
        let context = EncodingContext(
            protocolVersion: .v5, now: sample.batch.anchor.instant, boot: sample.batch.anchor.boot)
        let payloads = encodeAll(sample.batch, &compact, context)
        bytes = payloads.reduce(0) { $0 + $1.count }
        let json = encodeAll(sample.batch, &senML, context)
        senMLPerReading = Double(json.reduce(0) { $0 + $1.count }) / Double(readings)
        encodeNanoseconds =
            secondsOfRound { encodeAll(sample.batch, &compact, context).count } * 1e9
            / Double(readings)
        decodeNanoseconds =
            secondsOfRound {
                payloads.reduce(0) { sum, payload in
                    guard case .readings(let found, _)? = try? decoder.read(payload) else {
                        return sum
                    }
                    return sum + found.values.count
                }
            } * 1e9 / Double(readings)
    }
}

private func encodeAll(
    _ batch: OutboundBatch, _ session: inout some UplinkSession, _ context: EncodingContext
) -> [[UInt8]] {
    var (payloads, offset) = ([[UInt8]](), 0)
    while let part = session.encode(batch, from: offset, in: context) {
        payloads += part.messages.map(\.payload)
        offset += part.items
    }
    return payloads
}

/// The CPU time of the fastest of many rounds, in seconds.
private func secondsOfRound(_ round: () -> Int) -> Double {
    var (fastest, sum, used) = (Double.infinity, 0, 0.0)
    while used < 0.3 {
        let before = threadSeconds()
        for _ in 0..<5 { sum &+= round() }
        let spent = threadSeconds() - before
        used += spent
        fastest = min(fastest, spent / 5)
    }
    blackHole(sum)
    return fastest
}

/// Keeps the work that made a number from being left out.
@inline(never)
private func blackHole(_ number: Int) {}

private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
