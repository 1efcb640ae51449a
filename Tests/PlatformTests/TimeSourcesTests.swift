import CLinux
import Glibc
import Telemetry
import Testing

@testable import Platform

@Suite struct TimeSourcesTests {
    private let credible = WallTime.earliestCredible + .seconds(86_400)

    private func kernel(unsynchronized: Bool, maximumError: Int) -> timex {
        var state = timex()
        state.status = unsynchronized ? STA_UNSYNC : 0
        state.maxerror = maximumError
        return state
    }

    /// (STA_UNSYNC, maxerror in us) and what that means.
    @Test(arguments: [
        (false, 200, TimeSources.Discipline.disciplined),
        // chronyd without `rtcsync`, timesyncd beside an RTC in local time.
        (true, 1_500_000, .disciplined),
        (true, 15_999_999, .disciplined),
        // Nobody, or nobody for 8.9 h, or set by hand since.
        (true, 16_000_000, .free),
        // A source that clears the flag alone.
        (false, 16_000_000, .disciplined),
    ]) func theKernelsWordIsUnderstood(
        isUnsynchronized: Bool, maximumError: Int, meaning: TimeSources.Discipline
    ) {
        let state = kernel(unsynchronized: isUnsynchronized, maximumError: maximumError)
        #expect(TimeSources(kernel: state, root: "/nonexistent").discipline == meaning)
    }

    @Test func aRefusedCallIsNoSync() {
        let sources = TimeSources(kernel: nil, root: "/nonexistent")
        #expect(sources == TimeSources(discipline: .refused))
        #expect(sources.judge(credible) == (.unsynchronized, .none))
    }

    @Test func theQualityIsTheKernelsAndTheSourceIsNamed() {
        for timesyncd in [false, true] {
            for chrony in [false, true] {
                for rtc in [false, true] {
                    var sources = TimeSources(
                        discipline: .disciplined, timesyncd: timesyncd, chrony: chrony, rtc: rtc)
                    let source: ClockSource =
                        chrony ? .chrony : timesyncd ? .timesyncd : .kernel
                    #expect(sources.judge(credible) == (.synchronized, source))
                    sources.discipline = .free
                    #expect(sources.judge(credible) == (.unsynchronized, rtc ? .rtc : .none))
                    sources.discipline = .refused
                    for isSynchronized in [false, true] {
                        sources.chronyIsSynchronized = isSynchronized
                        // chronyd and timesyncd are never at work together: chronyd's word counts.
                        let counts = chrony ? isSynchronized : timesyncd
                        #expect(
                            sources.judge(credible).0 == (counts ? .synchronized : .unsynchronized))
                    }
                }
            }
        }
    }

    @Test func aTimeBeforeTheSoftwareWasMadeIsNeverSynchronized() {
        for discipline in TimeSources.Discipline.allCases {
            let sources = TimeSources(
                discipline: discipline, timesyncd: true, chrony: true, rtc: true)
            for seconds: Int64 in [-9_000_000_000, 0, 946_684_800, 1_767_225_599] {
                let wall = WallTime(nanosecondsSince1970: seconds * 1_000_000_000)
                #expect(sources.judge(wall) == (.unsynchronized, .none))
            }
            #expect(sources.judge(.earliestCredible).1 != .none)
        }
    }

    @Test func theFilesThatSpeakAreFound() throws {
        var template = Array("/tmp/sources-XXXXXX\0".utf8CString.dropLast())
        let root = try #require(mkdtemp(&template).map { String(cString: $0) })
        var made: [String] = []
        defer { for path in made.reversed() { remove(path) } }
        made.append(root)
        func make(_ directories: [String], _ file: String, _ text: String) {
            for directory in directories where !made.contains(root + directory) {
                mkdir(root + directory, 0o700)
                made.append(root + directory)
            }
            let stream = fopen(root + file, "w")
            fputs(text, stream)
            fclose(stream)
            made.append(root + file)
        }
        let synced = kernel(unsynchronized: false, maximumError: 100)
        var expected = TimeSources(discipline: .disciplined)
        #expect(TimeSources(kernel: synced, root: root) == expected)
        make(
            ["/run", "/run/systemd", "/run/systemd/timesync"],
            "/run/systemd/timesync/synchronized", "")
        expected.timesyncd = true
        #expect(TimeSources(kernel: synced, root: root) == expected)
        make(["/run/chrony"], "/run/chrony/chronyd.pid", "17\n")
        expected.chrony = true
        #expect(TimeSources(kernel: synced, root: root) == expected)
        make(
            ["/sys", "/sys/class", "/sys/class/rtc", "/sys/class/rtc/rtc1"],
            "/sys/class/rtc/rtc1/hctosys", "1\n")
        expected.rtc = true
        #expect(TimeSources(kernel: synced, root: root) == expected)
        // What timesyncd has said counts as long as the kernel would believe it.
        #expect(TimeSources(kernel: nil, root: root).timesyncd)
        let old = time(nil) - 40_000
        var times = utimbuf(actime: old, modtime: old)
        try #require(utime(root + "/run/systemd/timesync/synchronized", &times) == 0)
        #expect(!TimeSources(kernel: nil, root: root).timesyncd)
        #expect(TimeSources(kernel: synced, root: root).timesyncd)
    }

    @Test func anAnchorShowsBothClocksAtOneMoment() {
        let clock = SystemClock()
        var wall = timespec()
        for _ in 0..<100 {
            clock_gettime(CLOCK_REALTIME, &wall)
            let before = Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec)
            let (first, anchor, last) = (clock.now(), clock.anchor(), clock.now())
            #expect(first <= anchor.instant && anchor.instant <= last)
            #expect(anchor.wall >= WallTime(nanosecondsSince1970: before))
            #expect(anchor.boot == clock.boot && anchor.quality != .estimated)
        }
    }
}
