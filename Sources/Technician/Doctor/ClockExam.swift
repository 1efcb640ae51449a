import Gateway
import Telemetry

/// The clock, and who sets it.
struct ClockExam {
    private static let rtcs = ["/sys/class/rtc/rtc0", "/sys/class/rtc/rtc1"]
    /// Programs that set the clock, by what they leave while they run or where they are installed.
    private static let sources = [
        ("chrony", ["/run/chrony/chronyd.pid", "/run/chrony.pid"]),
        ("systemd-timesyncd", ["/run/systemd/timesync"]),
        ("ntpd", ["/run/ntpd.pid", "/var/run/ntpd.pid", "/run/ntpsec/ntpd.pid"]),
    ]

    let status: StatusReport?
    let facts: any SystemFacts

    func examine() async -> [Finding] {
        [sync, running, source, rtc, fake].compactMap(\.self)
    }

    private var sync: Finding {
        let clock = facts.clock
        let seconds = clock.wall.nanosecondsSince1970 / 1_000_000_000 * 1_000_000_000
        let shown = "\(WallTime(nanosecondsSince1970: seconds))"
        if clock.wall < .earliestCredible {
            return Finding(
                .problem, "clock",
                "it says \(shown), which has long passed: TLS will refuse "
                    + "every certificate",
                mend: "set it: `timedatectl set-time`, or give the board a time source")
        }
        if clock.quality == .synchronized {
            return Finding(.ok, "clock", "set by \(clock.source.name), it says \(shown)")
        }
        return Finding(
            .warning, "clock",
            "no time source has set it; it says \(shown), and readings carry relative times",
            mend: source?.severity == .ok
                ? "the time source has not reached a server: check DNS and UDP port 123 "
                    + "(`timedatectl timesync-status`, `chronyc sources`)"
                : "install and start a time source, such as chrony")
    }

    /// It looks at the same clock, but only where its sandbox lets it.
    private var running: Finding? {
        guard let status, status.clock != "synchronized", facts.clock.quality == .synchronized
        else { return nil }
        return Finding(
            .warning, "clock",
            "the machine's clock is set, and the running gateway takes it for \(status.clock)",
            mend: "let the service call adjtimex: no ProtectClock= in its unit; then restart it")
    }

    private var source: Finding? {
        for (name, places) in Self.sources where places.contains(where: facts.exists) {
            return Finding(.ok, "time source", "\(name) runs")
        }
        // Another source than those may have set it.
        guard facts.clock.quality != .synchronized else { return nil }
        return Finding(
            .warning, "time source", "neither chrony nor systemd-timesyncd nor ntpd runs",
            mend: "apt install chrony, or systemctl enable --now systemd-timesyncd")
    }

    private var rtc: Finding {
        if let path = Self.rtcs.first(where: facts.exists) {
            let name = facts.line(of: path + "/name") ?? "unnamed"
            return Finding(.ok, "RTC", "\(name)")
        }
        return Finding(
            .note, "RTC",
            "the board has no real-time clock: after a power cut its time is old "
                + "until a time source is reached",
            mend: "readings are dated afterwards; a DS3231 at I2C keeps the time")
    }

    /// It makes an old time look like one that somebody has set.
    private var fake: Finding? {
        guard facts.exists("/etc/fake-hwclock.data") else { return nil }
        return Finding(
            .note, "fake-hwclock", "the clock starts at the time of the last shutdown",
            mend: "that is harmless; with an RTC remove the package fake-hwclock")
    }
}
