import Telemetry
import Testing

@Suite struct TextScalarTests {
    private func read<T: TextScalar>(_ type: T.Type, _ text: String) -> T? {
        do { return try T(text: text) } catch { return nil }
    }

    @Test(arguments: [
        ("250ms", 250_000_000), ("10s", 10_000_000_000), ("5m", 300_000_000_000), ("0s", 0),
        ("1h", 3_600_000_000_000), ("1d", 86_400_000_000_000), ("1.5s", 1_500_000_000),
        ("20us", 20_000),
    ])
    func readsDurations(_ text: String, _ nanoseconds: Int) {
        #expect(read(Duration.self, text)?.nanoseconds == Int64(nanoseconds))
    }

    @Test(arguments: [
        "", "s", "10", "-1s", "1 s", "1S", "1h30m", "1.s", ".5s", "1.2.3s", "1e3s", "٣s",
        "999999999d",
        "9999999999s", "+1s", "1ss",
    ])
    func refusesWhatIsNoDuration(_ text: String) {
        #expect(read(Duration.self, text) == nil)
    }

    @Test(arguments: [
        ("1B", 1), ("100KiB", 102_400), ("64MiB", 67_108_864), ("1GiB", 1_073_741_824),
        ("1kB", 1000),
        ("2MB", 2_000_000), ("1GB", 1_000_000_000), ("0.5GiB", 536_870_912),
    ])
    func readsSizes(_ text: String, _ bytes: Int) {
        #expect(read(ByteSize.self, text)?.bytes == Int64(bytes))
    }

    @Test(arguments: ["1", "1KB", "1kib", "1 MiB", "-1MiB", "MiB", "1TiB"])
    func refusesWhatIsNoSize(_ text: String) {
        #expect(read(ByteSize.self, text) == nil)
    }

    @Test func printsWhatItReads() {
        for text in ["0s", "250ms", "90s", "1h", "2d", "20us"] {
            #expect(read(Duration.self, text)?.text == text)
        }
        for text in ["1B", "96KiB", "1GiB"] {
            #expect(read(ByteSize.self, text)?.description == text)
        }
        #expect(ByteSize.gibibytes(.max).bytes == .max)
    }

    @Test(arguments: [
        ("intervl", "interval"), ("inetrval", "interval"), ("Interval", "interval"),
        ("devise", "devices"), ("z", nil), ("", nil), ("completely-else", nil),
    ])
    func findsNearMisses(_ word: String, _ expected: String?) {
        #expect(Spelling.nearest(to: word, among: ["interval", "devices", "a"]) == expected)
    }

    @Test func knowsWhatPeopleCallUnits() {
        for (text, symbol) in [("°C", "Cel"), ("volt", "V"), ("kwh", "kWh"), ("Ω", "Ohm")] {
            #expect {
                try Unit(text: text)
            } throws: { error in
                (error as? TextScalarError)?.mend == "did you mean `\(symbol)`?"
            }
        }
    }
}
