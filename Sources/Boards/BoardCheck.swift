import Settings
import Telemetry

extension Board {
    /// How many pins a header may have at most.
    static let largestHeader = 100
    /// How many characters a pin's label may have, so that a map of two rows fits 80 columns.
    public static let longestLabel = 10
}

/// Looks for what is well-formed in a board profile but makes no sense.
struct BoardCheck {
    let board: Board
    let file: SettingsFile
    /// What the profile has to be called; any name if nil.
    let expectedName: String?

    func run() {
        checkName()
        for (path, ports) in [("buses", board.buses), ("serial", board.serial)] {
            for port in ports.entries {
                checkDevice(port.value.path, [path, port.name, "path"])
            }
        }
        if let watchdog = board.watchdog { checkDevice(watchdog, ["watchdog"]) }
        if let bus = board.rtc?.bus, board.buses[bus] == nil {
            report(["rtc", "bus"], "there is no bus `\(bus)`", "name one of `buses`")
        }
        for header in board.headers.entries { check(header.value, ["headers", header.name]) }
        for line in board.lines.entries {
            check(line.value, ["lines", line.name])
            if !line.value.isLine {
                report(
                    ["lines", line.name], "the line has neither place nor name",
                    "add `offset: NUMBER` or `line: NAME`", atKey: true)
            }
        }
        checkUnique()
    }

    private func checkName() {
        if !SettingsFile.isName(board.name) {
            report(
                ["board"], "`\(board.name.prefix(80))` cannot be a name",
                "use 1 to 64 of A-Z a-z 0-9 - : . _ and begin with a letter or digit")
        } else if let expectedName, board.name != expectedName {
            report(
                ["board"], "the board calls itself `\(board.name)`",
                "write `\(expectedName)`, or rename the file to \(board.name).yaml")
        }
    }

    private func checkDevice(_ device: String, _ path: [String]) {
        guard !device.hasPrefix("/dev/") else { return }
        report(path, "`\(device)` is no device", "write its path, such as /dev/i2c-1")
    }

    /// Every pin of the header is there once; twice is what no mapping can have.
    private func check(_ header: Board.Header, _ path: [String]) {
        guard (1...Board.largestHeader).contains(header.size) else {
            report(
                path + ["size"], "a header of \(header.size) pins",
                "write 1 to \(Board.largestHeader)")
            return
        }
        for pin in header.pins.entries {
            let path = path + ["pins", pin.name]
            if let number = Int(pin.name), (1...header.size).contains(number),
                String(number) == pin.name
            {
                check(pin.value, path)
                checkLabel(pin.value, path)
            } else {
                report(
                    path, "there is no pin `\(pin.name)`", "write 1 to \(header.size)", atKey: true)
            }
        }
        let missing = (1...header.size).filter { header.pins[String($0)] == nil }
        if let first = missing.first {
            report(
                path + ["pins"], "pin \(first) is missing" + Self.others(missing.count - 1),
                "list every pin, also those without a line", atKey: true)
        }
    }

    private static func others(_ count: Int) -> String {
        count > 0 ? ", and \(count) more" : ""
    }

    private func checkLabel(_ pin: BoardLine, _ path: [String]) {
        let label = pin.label ?? ""
        if label.isEmpty {
            report(path, "the pin has no label", "add `label: NAME`", atKey: true)
        } else if label.count > Board.longestLabel {
            report(
                path + ["label"], "`\(label)` is too long",
                "write at most \(Board.longestLabel) characters")
        }
    }

    private func check(_ line: BoardLine, _ path: [String]) {
        if let chip = line.chip, board.chips[chip] == nil {
            report(path + ["chip"], "there is no chip `\(chip)`", "name one of `chips`")
            return
        }
        guard let offset = line.offset else { return }
        guard let chip = board.chip(of: line) else {
            report(
                path + ["offset"], "it is not said which chip this is in", "add `chip: NAME`")
            return
        }
        if offset >= chip.lines {
            report(
                path + ["offset"], "\(chip.label) has no line \(offset)",
                chip.lines > 0 ? "write 0 to \(chip.lines - 1)" : "correct the chip's `lines`")
        }
    }

    /// A name means one line, and a line is in one place.
    private func checkUnique() {
        var owners: [String: LinePlace] = [:]
        for (place, line) in board.places {
            let address = board.address(of: line).map { ["\($0)"] } ?? []
            for name in Set(board.names(of: place, line) + address) {
                if owners.updateValue(place, forKey: name) != nil {
                    report(
                        Self.path(of: place), "`\(name)` is another line already",
                        "give each line its own name and place", atKey: true)
                }
            }
        }
    }

    private static func path(of place: LinePlace) -> [String] {
        switch place {
        case .pin(let header, let number): ["headers", header, "pins", String(number)]
        case .line(let name): ["lines", name]
        }
    }

    private func report(_ path: [String], _ what: String, _ mend: String, atKey: Bool = false) {
        file.report(SettingsProblem(path: path, what: what, mend: mend), atKey: atKey)
    }
}
