import CLinux
import Glibc
import Telemetry

/// The machine's own clocks: CLOCK_MONOTONIC, CLOCK_REALTIME and what `TimeSources` say of it.
public struct SystemClock: BootClock {
    /// The boot that instants belong to.
    public let boot: BootID

    /// The clock of this boot. Where the kernel gives no boot id, a random one stands for it:
    /// then every start counts as a boot of its own, which is safe.
    public init() {
        let text = try? readSmallFile("/proc/sys/kernel/random/boot_id")
        boot =
            text.flatMap { BootID($0) }
            ?? BootID(high: .random(in: 1 ... .max), low: .random(in: 1 ... .max))
    }

    /// The boot clock now.
    public static var uptime: Instant { Instant(nanoseconds: readClock(CLOCK_MONOTONIC)) }

    public func now() -> Instant { Self.uptime }

    public func anchor() -> ClockAnchor {
        let (instant, wall) = readBoth()
        let (quality, source) = TimeSources.present.judge(wall)
        return ClockAnchor(
            boot: boot, instant: instant, wall: wall, quality: quality, source: source)
    }

    /// Both clocks at one moment. The wall clock is read between two looks at the boot clock, and
    /// of a few tries the tightest counts: a thread that loses its processor in between would
    /// else see a step where there is none.
    private func readBoth() -> (Instant, WallTime) {
        var best: (before: Int64, wall: Int64, width: Int64) = (0, 0, .max)
        for _ in 0..<SystemClock.tries where best.width > SystemClock.tightNanoseconds {
            let before = readClock(CLOCK_MONOTONIC)
            let wall = readClock(CLOCK_REALTIME)
            let width = readClock(CLOCK_MONOTONIC) - before
            if width < best.width { best = (before, wall, width) }
        }
        return (
            Instant(nanoseconds: best.before + best.width / 2),
            WallTime(nanosecondsSince1970: best.wall)
        )
    }

    /// How often both clocks are read for one anchor at most.
    private static let tries = 5
    /// Two looks at the boot clock that are not further apart make a good anchor.
    private static let tightNanoseconds: Int64 = 2_000
}

private func readClock(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Reads a file of at most `limit` bytes (64 KiB unless given).
///
/// - Throws: `SystemError`; EFBIG if the file is larger.
public func readSmallFile(_ path: String, limit: Int = 65536) throws(SystemError) -> String {
    String(decoding: try readSmallFileBytes(path, limit: limit), as: UTF8.self)
}

/// The bytes of a file of at most `limit` bytes.
///
/// - Throws: `SystemError`; EFBIG if the file is larger.
public func readSmallFileBytes(_ path: String, limit: Int = 65536) throws(SystemError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError("open", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        guard count >= 0 else { throw SystemError("read", path) }
        guard count > 0 else { return bytes }
        bytes += chunk[..<count]
        guard bytes.count <= limit else { throw SystemError("read", path, errno: EFBIG) }
    }
}
