import Telemetry
import TestSupport
import Testing

@Suite struct WallTimeTextTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_700_000_000_250_000_000, "2023-11-14T22:13:20.25Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00Z"),
            (-1_000_000, "1969-12-31T23:59:59.999Z"),
            (.max, "2262-04-11T23:47:16.854775Z"), (.min, "1677-09-21T00:12:43.145224Z"),
        ] as [(Int64, String)])
    func isWrittenInUTC(nanoseconds: Int64, text: String) {
        #expect(WallTime(nanosecondsSince1970: nanoseconds).description == text)
    }

    @Test func readsBackWhatItWrote() throws {
        var random = SplitMix(seed: 5)
        for _ in 0..<2000 {
            let time = WallTime(
                nanosecondsSince1970: .random(in: -(1 << 61)...(1 << 61), using: &random) / 1000
                    * 1000)
            #expect(WallTime(time.description)?.description == time.description)
        }
    }

    @Test(arguments: [
        ("2026-11-25", "2026-11-25T00:00:00Z"), ("2026-11-25T10:00", "2026-11-25T10:00:00Z"),
        ("2026-11-25T10:00:00+01:00", "2026-11-25T09:00:00Z"),
        ("2026-11-25T23:30:00-01:30", "2026-11-26T01:00:00Z"),
        ("2026-11-25T10:00:00.5", "2026-11-25T10:00:00.5Z"),
    ])
    func readsWhatPeopleWrite(text: String, time: String) {
        #expect(WallTime(text)?.description == time)
    }

    @Test(arguments: [
        "", "T", "yesterday", "2026-02-30", "2026-13-01", "2026-11-25T24:00", "2026-11-25T10",
        "2026-11-25T10:00:00x", "26-11-25", "2026-11-25T10:00:00+1", "9999-01-01",
        "2026-11-25T10:0a",
        "2026-11-25T10:00:00.", "2026-11-25T-1:00",
    ])
    func refusesWhatIsNoTime(text: String) {
        #expect(WallTime(text) == nil)
    }
}
