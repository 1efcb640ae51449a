import CLinux
import Glibc
import Telemetry

/// What the machine says of its wall clock, as far as it can be had without running a program.
///
/// - adjtimex(2), `maxerror`: below 16 s (the kernel's NTP_PHASE_LIMIT) a time source has told
///   the kernel in this boot how far the clock may be off, and not too long ago: the kernel adds
///   500 us a second, so that a source's last word is good for 8.9 h. Setting the clock by hand
///   makes it 16 s. timedated's `NTPSynchronized` is the same. chronyd speaks through it too: it
///   says 16 s itself once it has lost its sources.
/// - adjtimex(2), `STA_UNSYNC`: cleared by most sources, but chronyd without `rtcsync` and
///   timesyncd beside an RTC in local time leave it set. Being cleared counts, being set does not.
/// - `/run/systemd/timesync/synchronized`: timesyncd has synced in this boot, the last time when
///   it was modified. It is never removed, so it names the source; only where a system-call filter
///   refuses adjtimex (ProtectClock=, as in our own unit) it counts, for 8.9 h too.
/// - `/run/chrony/chronyd.pid`: chronyd is at work: names the source. Where adjtimex is refused,
///   chronyd is asked (`ChronyTracking`).
/// - `/sys/class/rtc/*/hctosys`: the kernel took its first time from an RTC. No sync.
///
/// A wall time below `WallTime.earliestCredible` is never synchronized, whoever says so.
struct TimeSources: Hashable, Sendable {
    /// What adjtimex(2) has answered.
    enum Discipline: Sendable, CaseIterable {
        /// A time source has the clock.
        case disciplined
        /// None has it, or none any more.
        case free
        /// The call is not allowed here.
        case refused
    }

    var discipline: Discipline
    /// timesyncd's file is there.
    var timesyncd = false
    /// chronyd's file is there.
    var chrony = false
    /// chronyd has said that it has the clock; asked only where adjtimex is refused.
    var chronyIsSynchronized = false
    /// The kernel's first time was an RTC's.
    var rtc = false

    /// What a wall time is worth, and who made it.
    func judge(_ wall: WallTime) -> (ClockQuality, ClockSource) {
        guard wall >= .earliestCredible else { return (.unsynchronized, .none) }
        let isSynchronized =
            switch discipline {
            case .disciplined: true
            case .free: false
            case .refused: chrony ? chronyIsSynchronized : timesyncd
            }
        guard isSynchronized else { return (.unsynchronized, rtc ? .rtc : .none) }
        // chronyd's file goes when it ends, timesyncd's stays for the boot.
        return (.synchronized, chrony ? .chrony : timesyncd ? .timesyncd : .kernel)
    }
}

extension TimeSources {
    /// What they say now. Up to three system calls; where adjtimex is refused, a datagram to chronyd
    /// and back every 10 s.
    static var present: TimeSources {
        var state = timex()
        let answer = adjtimex(&state)
        return TimeSources(kernel: answer == -1 ? nil : state)
    }

    /// - Parameters:
    ///   - kernel: adjtimex's answer; nil if it was refused.
    ///   - root: What stands before the paths.
    init(kernel: timex?, root: String = "") {
        discipline =
            switch kernel {
            case nil: .refused
            case let state? where state.status & STA_UNSYNC == 0: .disciplined
            case let state?: state.maxerror < TimeSources.phaseLimit ? .disciplined : .free
            }
        rtc = root.isEmpty ? TimeSources.clockCameFromRTC : TimeSources.hasRTC(below: root)
        // Without a sync nobody asks who made it.
        guard discipline != .free else { return }
        let stamp = root + "/run/systemd/timesync/synchronized"
        timesyncd = discipline == .refused ? Self.isRecent(stamp) : access(stamp, F_OK) == 0
        chrony = access(root + "/run/chrony/chronyd.pid", F_OK) == 0
        chronyIsSynchronized =
            discipline == .refused && chrony && root.isEmpty && ChronyTracking.isSynchronized
    }

    /// As long as the kernel believes a source's last word: 16 s at 500 us a second.
    private static let wordSeconds = 32_000

    private static func isRecent(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        return abs(time(nil) - status.st_mtim.tv_sec) < wordSeconds
    }

    /// NTP_PHASE_LIMIT of linux/timex.h, in microseconds.
    private static let phaseLimit = 16_000_000
    /// Settled before the first process runs.
    private static let clockCameFromRTC = hasRTC(below: "")
    /// A board has one, perhaps another on a hat.
    private static let rtcNames = ["rtc0", "rtc1"]

    private static func hasRTC(below root: String) -> Bool {
        rtcNames.contains { name in
            (try? readSmallFile(root + "/sys/class/rtc/\(name)/hctosys"))?.hasPrefix("1") == true
        }
    }
}
