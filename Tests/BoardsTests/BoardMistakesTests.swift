import Boards
import Settings
import Testing

/// Wrong board profiles: where, what, and how to mend it.
@Suite struct BoardMistakesTests {
    private static let head = """
        board: b
        title: t
        source: [s]
        chips: {soc: {label: pinctrl-x, lines: 8}}

        """

    private static func header(_ pins: String, size: Int = 2) -> String {
        "headers:\n  J1:\n    size: \(size)\n    pins:\n" + pins
    }

    private static let ground = "      1: {label: GND}\n"

    /// (what follows the head, which has four lines; all that is said)
    @Test(arguments: [
        (
            header(ground + "      1: {label: GND}\n      2: {label: GND}\n"),
            "b.yaml:10:7: `1` is here twice, the first time in line 9; remove one, or give it another name"
        ),
        (
            header(ground),
            "b.yaml:8:5: pin 2 is missing; list every pin, also those without a line"
        ),
        (
            header(ground + "      2: {label: A, offset: 8}\n"),
            "b.yaml:10:29: pinctrl-x has no line 8; write 0 to 7"
        ),
        (
            header(ground + "      2: {label: A, offset: 99999999999}\n"),
            "b.yaml:10:29: `offset` is 99999999999, which is out of range; "
                + "write a number from 0 to 4294967295"
        ),
        (
            header("      1: {label: A, offset: 1}\n      2: {label: B, offset: 1}\n"),
            "b.yaml:10:7: `pinctrl-x:1` is another line already; "
                + "give each line its own name and place"
        ),
        (
            header("      1: {label: A, offset: 1}\n      2: {label: A, offset: 2}\n"),
            "b.yaml:10:7: `A` is another line already; give each line its own name and place"
        ),
        (
            header(ground + "      2: {label: A, offset: 1, chip: sox}\n"),
            "b.yaml:10:38: there is no chip `sox`; name one of `chips`"
        ),
        (
            header(ground + "      2: {label: A}\n      02: {label: A}\n"),
            "b.yaml:11:7: there is no pin `02`; write 1 to 2"
        ),
        (
            header(ground + "      2: {offset: 1}\n"),
            "b.yaml:10:7: the pin has no label; add `label: NAME`"
        ),
        (
            header(ground + "      2: {label: A-LONG-LABEL, offset: 1}\n"),
            "b.yaml:10:18: `A-LONG-LABEL` is too long; write at most 10 characters"
        ),
        (
            header(ground, size: 1_000_000_000),
            "b.yaml:7:11: a header of 1000000000 pins; write 1 to 100"
        ),
        (
            "lines: {x: {label: X}}\n",
            "b.yaml:5:9: the line has neither place nor name; "
                + "add `offset: NUMBER` or `line: NAME`"
        ),
        (
            "buses: {i2c-1: {path: i2c-1}}\n",
            "b.yaml:5:23: `i2c-1` is no device; write its path, such as /dev/i2c-1"
        ),
        (
            "rtc: {chip: DS3231, bus: i2c-1}\n",
            "b.yaml:5:26: there is no bus `i2c-1`; name one of `buses`"
        ),
        (
            "wathdog: /dev/watchdog\n",
            "b.yaml:5:1: unknown key `wathdog` at the top level; did you mean `watchdog`?"
        ),
    ]) func isSaid(text: String, said: String) {
        let file = SettingsFile(text: Self.head + text, name: "b.yaml")
        guard case .broken(let problems) = BoardLibrary.check(file) else {
            Issue.record("nothing is said")
            return
        }
        #expect(problems.map(\.description) == [said])
    }

    @Test func theNameIsThatOfTheFile() {
        let file = SettingsFile(text: Self.head, name: "c.yaml")
        guard case .broken(let problems) = BoardLibrary.check(file, named: "c") else {
            Issue.record("nothing is said")
            return
        }
        #expect(
            problems.map(\.description) == [
                "c.yaml:1:8: the board calls itself `b`; write `c`, or rename the file to b.yaml"
            ])
    }
}
