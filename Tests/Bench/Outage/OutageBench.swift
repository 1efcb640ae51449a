import Glibc
import Journal
import Telemetry

/// What an outage costs with the journal, in simulated time: `Tests/Bench/journal` runs it beside
/// SQLite and prints the table.
///
///     outage-bench w1 DIRECTORY COMMITS READINGS    1,000 scrambled registers a second
///     outage-bench month DIRECTORY                  40 points each 10 s for 30 days, 1 GiB
///
/// Each prints one line of JSON.
@main
struct OutageBench {
    static func main() throws {
        let words = CommandLine.arguments
        switch words.count {
        case 5 where words[1] == "w1":
            guard let commits = Int(words[3]), let readings = Int(words[4]) else { break }
            return try Outage(directory: words[2], registers: true)
                .run(commits: commits, readings: readings)
        case 3 where words[1] == "month":
            return try Outage(directory: words[2], registers: false)
                .run(commits: 30 * 24 * 360, readings: 40)
        default: break
        }
        print("usage: outage-bench w1 DIRECTORY COMMITS READINGS | month DIRECTORY")
        exit(64)
    }
}

/// An outage of ten seconds a commit, and the start after it.
struct Outage {
    let directory: String
    /// Scrambled 16-bit registers, or meter values that drift.
    let registers: Bool

    private static let period = Duration.seconds(10)

    func run(commits: Int, readings: Int) throws {
        let points = PointTable()
        let ids = (0..<(registers ? 1000 : 40)).compactMap { index in
            points.intern(Point(device: "unit-\(index / 100)", name: "r\(index % 100)"))
        }
        var journal: ReadingJournal? = try open(points, at: 0)
        var (cpu, resident) = (Int64(0), 0)
        for commit in 0..<commits {
            let batches = seconds(of: commit, readings: readings, ids)
            let before = nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID)
            for batch in batches { journal?.append(batch, now: batch.instants[0]) }
            journal?.commitIfDue(anchor: anchor(at: commit + 1))
            cpu += nanoseconds(of: CLOCK_PROCESS_CPUTIME_ID) - before
            if commit == commits / 100 { resident = residentKilobytes }
        }
        let grown = residentKilobytes - resident
        guard let statistics = journal?.statistics else { return }
        // Dropped without a close, as a kill would.
        journal = nil
        let began = nanoseconds(of: CLOCK_MONOTONIC)
        journal = try open(PointTable(), at: commits)
        let recovery = nanoseconds(of: CLOCK_MONOTONIC) - began
        print(
            """
            {"store": "Armadio", "readings": \(commits * readings), \
            "bytes_on_disk": \(statistics.bytesOnDisk), "bytes_written": \(statistics.bytesWritten), \
            "bytes_of_frames": \(statistics.frameBytes), "syncs": \(statistics.syncs), \
            "commits": \(statistics.commits), "evicted": \(statistics.evicted), "cpu_ns": \(cpu), \
            "recovery_ns": \(recovery), "resident_growth_kb": \(grown)}
            """)
    }

    private func open(_ points: PointTable, at commit: Int) throws -> ReadingJournal {
        try ReadingJournal(directory: directory, points: points, anchor: anchor(at: commit))
    }

    private func anchor(at commit: Int) -> ClockAnchor {
        let instant = Instant(nanoseconds: 0) + Outage.period * commit
        return ClockAnchor(
            boot: BootID(high: 1, low: 1), instant: instant,
            wall: WallTime(nanosecondsSince1970: 1_700_000_000_000_000_000) + Outage.period
                * commit,
            quality: .synchronized)
    }

    /// The readings between two commits, as polls bring them: each point once a second, or once.
    private func seconds(of commit: Int, readings: Int, _ ids: [PointID]) -> [ReadingBatch] {
        let start = Instant(nanoseconds: 0) + Outage.period * commit
        return stride(from: 0, to: readings, by: ids.count).map { first in
            var batch = ReadingBatch()
            for index in first..<min(first + ids.count, readings) {
                let point = index % ids.count
                let instant =
                    start + .seconds(first / ids.count) + .milliseconds(point / 100)
                batch.append(
                    point: ids[point], value: value(commit * readings + index, point), at: instant)
            }
            return batch
        }
    }

    private func value(_ sequence: Int, _ point: Int) -> Value {
        if registers {
            let mixed = UInt64(sequence / 1000 * 100 + point * 7919) &* 0x9E37_79B9_7F4A_7C15
            return .int64(Int64(mixed >> 48))
        }
        let step = sequence / 40
        let noise = (UInt64(sequence) &* 0x9E37_79B9_7F4A_7C15) >> 61
        return .double(Double(2300 + point * 10 + step % 17 + Int(noise)) / 10)
    }
}

private func nanoseconds(of clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// The resident memory of this process, from /proc/self/statm (proc(5)).
private var residentKilobytes: Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let text = String(
        decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (Int(text.split(separator: " ")[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024
}
