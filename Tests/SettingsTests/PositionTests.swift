import Settings
import Telemetry
import Testing

@Suite struct PositionTests {
    private func place(_ text: String, _ path: [String], key: Bool = false) -> String {
        SettingsFile(text: text, name: "f").locate(path, key: key).description
    }

    @Test func columnsCountCharactersNotBytes() {
        #expect(place("größe: {µ: \"½ 電気\", ende: 1}\n", ["größe", "ende"]) == "f:1:26")
        #expect(place("größe: {µ: \"½ 電気\", ende: 1}\n", ["größe", "ende"], key: true) == "f:1:20")
    }

    @Test func windowsLineBreaksAndByteOrderMarksDoNotShiftPositions() {
        #expect(place("a: 1\r\nb:\r\n  c: 2\r\n", ["b", "c"]) == "f:3:6")
        #expect(place("\u{FEFF}a: 1\nb: 2\n", ["a"]) == "f:1:4")
    }

    @Test func anchoredValuesStandWhereTheyAreWritten() {
        let text = "x: &x\n  a: 1\ny: *x\nz:\n  <<: *x\n  b: 2\n"
        #expect(place(text, ["y", "a"]) == "f:2:6")
        #expect(place(text, ["z", "a"]) == "f:2:6")
        #expect(place(text, ["z", "b"]) == "f:6:6")
    }

    @Test func missingValuesStandAtTheGroupThatLacksThem() {
        let text = "a:\n  b:\n    - c: 1\n"
        #expect(place(text, ["a", "b", "0", "c"]) == "f:3:10")
        #expect(place(text, ["a", "x", "y"]) == "f:1:1")
        #expect(place(text, ["a", "b", "7"]) == "f:2:3")
        #expect(place(text, []) == "f:1:1")
    }

    @Test func rangesCoverTheValue() throws {
        let file = SettingsFile(text: "a: {b: \"x y\", c: 1}\n", name: "f")
        let range = try #require(file.root?["a"]?["b"]?.range)
        #expect(range.lowerBound == TextPosition(line: 1, column: 8))
        #expect(range.upperBound == TextPosition(line: 1, column: 13))
    }

    @Test func ownKeysWinOverMergedOnes() throws {
        let text = "x: &x {a: 1, b: 2}\nw: &w {c: 3, a: 9}\nz:\n  a: 7\n  <<: [*x, *w]\n"
        let node = try #require(SettingsFile(text: text, name: "f").root?["z"])
        #expect(node.keys == ["b", "c", "a"])
        #expect(node["a"]?.text == "7")
    }

    @Test func fingerprintIsThatOfTheContent() throws {
        func print(_ text: String) -> String? {
            SettingsFile(text: text, name: "f").root?["d"]?.fingerprint
        }
        let block = print("d:\n  # comment\n  a: 1\n  b: [x, 'y']\n")
        #expect(block == print("\n\nd: {a: \"1\", b: [x, y]}\n"))
        #expect(block == print("t: &t {b: [x, y]}\nd: {a: 1, b: [x, y]}\n"))
        #expect(block != print("d: {a: 1, b: [x, z]}\n"))
        #expect(print("d: {a: '', b: }\n") != print("d: {a: , b: ''}\n"))
        #expect(print("d: {a: 'x,b:y'}\n") != print("d: {a: x, b: y}\n"))
    }

    @Test func reloadSeesWhatHasNotChanged() throws {
        let before = try SettingsFile(text: sampleCabinet, name: "f").readSettings()
        let moved =
            "# moved\n\n" + sampleCabinet.replacingInterval("interval: 10s", "interval: 20s")
        let after = try SettingsFile(text: moved, name: "f").readSettings()
        #expect(before.uplinks == after.uplinks && before.buses == after.buses)
        #expect(before.devices != after.devices)
        #expect(
            try SettingsFile(text: "# c\n" + sampleCabinet, name: "f").readSettings().devices
                == before.devices)
    }
}

extension SettingsFile {
    /// The settings, the drivers' parts unchecked.
    fileprivate func readSettings() throws -> CabinetSettings { try load() }
}

extension String {
    fileprivate func replacingInterval(_ old: String, _ new: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false).map { line in
            guard let start = line.firstRange(of: old) else { return String(line) }
            return line[..<start.lowerBound] + new + line[start.upperBound...]
        }.joined(separator: "\n")
    }
}
