import Frames
import Glibc
import Telemetry

/// What a frame's body takes, in bytes and in time, for kinds of readings:
///
///     swift run -c release frame-bench [--json]
///
/// A body has the names of its points in it; the reference, columns of delta varints with zstd over
/// signals of this kind, has not.
///
/// Rates are those of one core: readings over CPU time of the fastest of many rounds, with the
/// checksum of the body.
@main
struct FrameBench {
    static func main() throws {
        let words = CommandLine.arguments.dropFirst()
        guard words.isEmpty || Array(words) == ["--json"] else {
            print("usage: frame-bench [--json]")
            exit(64)
        }
        let table = PointTable()
        let results = try SampleFrame.all(table).map { try FrameResult(of: $0, table) }
        let checksum = checksumBytesPerSecond()
        print(words.isEmpty ? Self.table(results, checksum) : Self.json(results, checksum))
    }

    private static func checksumBytesPerSecond() -> Double {
        let bytes = [UInt8](repeating: 0xA5, count: 64 << 10)
        return Double(bytes.count) / secondsOfRound { CRC32C.checksum(bytes) }
    }

    private static func table(_ results: [FrameResult], _ checksum: Double) -> String {
        let head = ["readings", "bytes", "reference", "B/reading", "encode M/s", "decode M/s"]
        let rows = results.map { result in
            row(
                result.name,
                [
                    String(result.readings), String(result.bytes),
                    result.reference.map { String($0) } ?? "",
                    rounded(result.bytesPerReading), rounded(result.encoded / 1e6),
                    rounded(result.decoded / 1e6),
                ])
        }
        let last = "\nchecksum of 64 KiB: \(rounded(checksum / 1e9)) GB/s"
        return ([row("", head)] + rows + [last]).joined(separator: "\n")
    }

    private static func row(_ name: String, _ cells: [String]) -> String {
        cells.reduce(padded(name, to: -32)) { $0 + padded($1, to: 12) }
    }

    /// Filled with blanks to a width: at the left, or at the right for a negative one.
    private static func padded(_ text: String, to width: Int) -> String {
        let blanks = String(repeating: " ", count: max(abs(width) - text.count, 0))
        return width < 0 ? text + blanks : blanks + text
    }

    private static func rounded(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let places = String(hundredths % 100 + 100).dropFirst()
        return "\(hundredths / 100).\(places)"
    }

    private static func json(_ results: [FrameResult], _ checksum: Double) -> String {
        let objects = results.map { result in
            """
            {"name": "\(result.name)", "readings": \(result.readings), "bytes": \(result.bytes), \
            "reference_bytes": \(result.reference.map { String($0) } ?? "null"), \
            "encoded_per_second": \(result.encoded), "decoded_per_second": \(result.decoded)}
            """
        }
        let frames = objects.joined(separator: ",\n ")
        return "{\"frames\": [\(frames)],\n \"checksum_bytes_per_second\": \(checksum)}"
    }
}

/// What was measured of one kind of readings.
struct FrameResult {
    var name: String
    var reference: Int?
    var readings: Int
    var bytes: Int
    /// Readings a second.
    var encoded: Double
    var decoded: Double

    var bytesPerReading: Double { Double(bytes) / Double(readings) }

    init(of sample: SampleFrame, _ table: PointTable) throws {
        let (readings, encoder) = (sample.readings, FrameEncoder())
        let body = encoder.encode(readings, points: table)
        let seconds = secondsOfRound {
            CRC32C.checksum(encoder.encode(readings, points: table))
        }
        let back = try secondsOfRound {
            try CRC32C.checksum(body)
                &+ UInt32(
                    FrameBody.decode(
                        body, at: 0, length: body.count, count: readings.count, points: table
                    ).count)
        }
        name = sample.name
        reference = sample.reference
        self.readings = readings.count
        bytes = body.count
        encoded = Double(readings.count) / seconds
        decoded = Double(readings.count) / back
    }
}

/// The CPU time of the fastest of many rounds, in seconds.
private func secondsOfRound(_ round: () throws -> UInt32) rethrows -> Double {
    var (fastest, sum, used) = (Double.infinity, UInt32(0), 0.0)
    while used < 0.3 {
        let before = threadSeconds()
        for _ in 0..<10 { sum &+= try round() }
        let spent = threadSeconds() - before
        used += spent
        fastest = min(fastest, spent / 10)
    }
    blackHole(sum)
    return fastest
}

/// Keeps the work that made a number from being left out.
@inline(never)
private func blackHole(_ number: UInt32) {}

private func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
