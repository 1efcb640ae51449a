import Settings
import Testing

/// Edits of a configuration's text, each with all of the text that comes of it.
@Suite struct EditingTests {
    private static let text = """
        # Cabinet 42
        gateway: cabinet-0042   # the name

        uplink: {broker: "mqtts://broker.example", window: 10} # one
        buses:
          plc: {modbus-tcp: {host: 192.168.1.20}}

        # What is measured.
        devices:
          # The main meter.
          meter-1:
            driver: 'register-map'
            bus: plc   # the only one
            points:
              voltage: {input: 0}
              # current: {input: 6}

          weather:
            driver: exec
            command: [/usr/bin/weather, --fast]

        # How much is told.
        telemetry:
          interval: 10s

        """

    private func edited(
        _ text: String = text, _ edit: (inout ConfigurationEditor) throws -> Void
    ) throws -> String {
        var editor = try ConfigurationEditor(text: Array(text.utf8), name: "cabinet.yaml")
        try edit(&editor)
        return String(decoding: editor.text, as: UTF8.self)
    }

    private func refusal(
        _ text: String, _ edit: (inout ConfigurationEditor) throws -> Void
    ) -> String? {
        do {
            _ = try edited(text, edit)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        (["gateway"], "cabinet-1", "gateway: cabinet-0042 ", "gateway: cabinet-1 "),
        (["uplink", "window"], "20", "window: 10}", "window: 20}"),
        (["uplink", "keep-alive"], "30s", "window: 10}", "window: 10, keep-alive: 30s}"),
        (
            ["devices", "meter-1", "driver"], "\"sunspec\"", "'register-map'", "\"sunspec\""
        ),
        (
            ["devices", "weather", "command", "1"], "[a, b]", "--fast]", "[a, b]]"
        ),
        (
            ["devices", "weather", "command", "2"], "-x", "--fast]", "--fast, -x]"
        ),
        (
            ["devices", "meter-1", "bus"], "{a: b}", "bus: plc   #", "bus: {a: b}   #"
        ),
        (
            ["telemetry"], "every: 5s\nfull: true", "telemetry:\n  interval: 10s\n",
            "telemetry:\n  every: 5s\n  full: true\n"
        ),
        (
            ["devices", "meter-1", "bus"], "a: b", "bus: plc   # the only one\n",
            "bus:   # the only one\n      a: b\n"
        ),
        (
            ["uplink"], "broker: mqtt://b",
            "uplink: {broker: \"mqtts://broker.example\", window: 10} # one\n",
            "uplink: # one\n  broker: mqtt://b\n"
        ),
        (
            ["devices", "meter-1", "points", "voltage"], "|\n  a\n  b", "{input: 0}\n",
            "|\n        a\n        b\n"
        ),
        (
            ["telemetry", "interval"], "|\n  a\n  b", "10s\n", "|\n    a\n    b\n"
        ),
    ])
    func setChangesTheValueAlone(
        _ path: [String], _ yaml: String, _ old: String, _ new: String
    ) throws {
        let expected = Self.text.replacing(old, with: new, maxReplacements: 1)
        #expect(try edited { try $0.set(path, to: yaml) } == expected)
    }

    @Test func addedKeysStandBehindTheLastOneOfTheirGroup() throws {
        let text = try edited {
            try $0.add(["devices", "meter-1", "points", "current"], "{input: 6, unit: A}")
            try $0.add(["devices", "door"], "driver: gpio\nline: door")
            try $0.add(["buses", "rtu", "modbus-rtu", "port"], "/dev/ttyUSB0")
            try $0.add(["journal", "size"], "64MiB")
        }
        let expected = Self.text
            .replacing(
                "voltage: {input: 0}\n",
                with: "voltage: {input: 0}\n      current: {input: 6, unit: A}\n"
            )
            .replacing("--fast]\n", with: "--fast]\n  door:\n    driver: gpio\n    line: door\n")
            .replacing(
                "192.168.1.20}}\n",
                with: "192.168.1.20}}\n  rtu:\n    modbus-rtu:\n      port: /dev/ttyUSB0\n")
        #expect(text == expected + "journal:\n  size: 64MiB\n")
    }

    @Test func removedAreTheLinesAndTheCommentAboveThem() throws {
        let text = try edited {
            try $0.remove(["devices", "meter-1"])
            try $0.remove(["uplink", "window"])
            try $0.remove(["devices", "weather", "command", "0"])
        }
        let gone = Self.text.range(of: "  # The main", upTo: "\n  weather:")
        #expect(
            text
                == gone.replacing(", window: 10", with: "")
                .replacing("[/usr/bin/weather, --fast]", with: "[--fast]"))
    }

    @Test(arguments: [
        ("a:\n  b: 1 # x\nc: 2\n", ["a", "b"], "a: {}\nc: 2\n"),
        (
            "a: # keep\n  # about b\n  b: 1\n\n# about c\nc: 2\n", ["a", "b"],
            "a: {} # keep\n\n# about c\nc: 2\n"
        ),
        ("a: {b: 1}\n", ["a", "b"], "a: {}\n"),
        ("a:\n- 1\n", ["a", "0"], "a: []\n"),
        ("a: [1]", ["a", "0"], "a: []"),
        ("a:\n- b: 1\n  c: 2\n- d: 3\n", ["a", "0", "b"], "a:\n- c: 2\n- d: 3\n"),
        ("a:\n- b: 1\n- d: 3\n", ["a", "1", "d"], "a:\n- b: 1\n- {}\n"),
        ("a:\n- b: 1\n- d: 3\n", ["a", "0"], "a:\n- d: 3\n"),
        ("a: 1\nb: 2", ["b"], "a: 1\n"),
        ("# file\na: 1\n", ["a"], "# file\n"),
        ("a: {\n  b: 1, # b\n  # c\n  c: 2\n}\n", ["a", "b"], "a: {\n  # c\n  c: 2\n}\n"),
        ("a: {\n  b: 1, # b\n  # c\n  c: 2\n}\n", ["a", "c"], "a: {\n  b: 1, # b\n}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ["a", "c"], "a: {b: 1, d: 3}\n"),
        ("a: {b: 1,\n  c: 2}\n", ["a", "c"], "a: {b: 1,\n  }\n"),
        ("a: |\n  x\n\n\nb: 1\n", ["a"], "\n\nb: 1\n"),
        ("a: 1\n\n  # in\n\n# out\nb: 1\n", ["a"], "\n# out\nb: 1\n"),
        ("a: 1 # é ü\r\nb: 'ö'\r\nc: 3\r\n", ["b"], "a: 1 # é ü\r\nc: 3\r\n"),
    ])
    func whatIsLeftIsValid(_ text: String, _ path: [String], _ expected: String) throws {
        #expect(try edited(text) { try $0.remove(path) } == expected)
    }

    @Test(arguments: [
        ("", ["a", "b"], "1", "a:\n  b: 1\n"),
        ("# only\n", ["a"], "1", "# only\na: 1\n"),
        ("a:\n", ["a", "b"], "1", "a:\n  b: 1\n"),
        ("a: # why\n  # below\nc: 1\n", ["a", "b"], "1", "a: # why\n  b: 1\n  # below\nc: 1\n"),
        ("a: {}\nc: 1\n", ["a", "b"], "x: 1", "a:\n  b:\n    x: 1\nc: 1\n"),
        ("a: 1", ["b"], "2", "a: 1\nb: 2"),
        ("a: 1\r\n", ["b", "c"], "2", "a: 1\r\nb:\r\n  c: 2\r\n"),
        ("{}", ["a", "b"], "2", "{a: {b: 2}}"),
        ("a:\n    b: 1\n", ["c", "d"], "2", "a:\n    b: 1\nc:\n    d: 2\n"),
        ("a: {b: }", ["a", "b"], "2", "a: {b: 2 }"),
        ("a: {b}", ["a", "b"], "2", "a: {b: 2}"),
        ("a: {\n  b: 1 # x\n}\n", ["a", "c"], "2", "a: {\n  b: 1, # x\n  c: 2\n}\n"),
        ("a: {\n  b: 1, # x\n}\n", ["a", "c"], "2", "a: {\n  b: 1, # x\n  c: 2,\n}\n"),
        ("a: [1, 2]\n", ["a", "2"], "x: 3", "a: [1, 2, {x: 3}]\n"),
        ("a:\n- 1\n- 2\nb: 1\n", ["a", "2"], "x: 3\ny: 4", "a:\n- 1\n- 2\n- x: 3\n  y: 4\nb: 1\n"),
        ("a: |+\n  x\n\n", ["b"], "2", "a: |+\n  x\n\nb: 2\n"),
        (
            "a:\n  b: 1\n     # more of b\n  # other\n", ["a", "c"], "2",
            "a:\n  b: 1\n     # more of b\n  c: 2\n  # other\n"
        ),
        ("\u{FEFF}a: 1\n", ["b"], "2", "\u{FEFF}a: 1\nb: 2\n"),
    ])
    func missingGroupsAreMade(
        _ text: String, _ path: [String], _ yaml: String, _ expected: String
    ) throws {
        #expect(try edited(text) { try $0.set(path, to: yaml) } == expected)
    }

    @Test(arguments: [
        (
            "a: &x {b: 1}\nc: *x\n", ["a", "b"], "2",
            "cabinet.yaml:1:11: `c.b` would change too; change it by hand"
        ),
        (
            "a: &x {b: 1}\nc: *x\n", ["c", "b"], "2",
            "cabinet.yaml:2:4: `c` is a copy of `&x`; change what is marked so, or write the values out by hand"
        ),
        (
            "a: &x {b: 1}\nc: *x\n", ["a"], "2",
            "cabinet.yaml:1:4: `a` has an anchor or a tag; change it by hand"
        ),
        (
            "a: 1\n", ["a", "b"], "2",
            "cabinet.yaml:1:4: `a` is a text and has no key `b`; remove it first, or set it as a whole"
        ),
        (
            "a: [1]\n", ["a", "b"], "2",
            "cabinet.yaml:1:4: `a` is a list; name an item by its number, from 0"
        ),
        (
            "a: 1\n", ["b"], "[",
            "the value of `b`: a value is missing here; write it, or remove the comma or bracket"
        ),
        (
            "a: 1\n", ["b"], "",
            "the value of `b`: there is no value; write one, or \"\" for an empty text"
        ),
        (
            "a: 1\n", ["b"], "*x",
            "the value of `b`: there is no `&x` above this line; put quotes around a value that begins with `*`"
        ),
        (
            "a: 1\n---\nb: 1\n", ["b"], "1",
            "cabinet.yaml:2:1: a second document begins here; remove the `---` line; one file is one configuration"
        ),
        (
            "a: 1\na: 2\n", ["b"], "1",
            "cabinet.yaml:2:1: `a` is here twice, the first time in line 1; remove one, or give it another name"
        ),
    ])
    func whatIsNotSafeIsRefused(
        _ text: String, _ path: [String], _ yaml: String, _ expected: String
    ) {
        #expect(refusal(text) { try $0.set(path, to: yaml) } == expected)
    }

    @Test func whatIsNotThereCannotBeRemoved() {
        #expect(
            refusal(Self.text) { try $0.remove(["devices", "meter-2"]) }
                == "cabinet.yaml:11:3: there is no `devices.meter-2`; did you mean `meter-1`?")
        #expect(
            refusal(Self.text) { try $0.remove(["nothing", "at", "all"]) }?.contains(
                "there is no `nothing`") == true)
        #expect(
            refusal("a: &x 1\nb: *x\n") { try $0.remove(["a"]) }
                == "cabinet.yaml:1:1: `a` cannot be changed safely here: there is no `&x` above this "
                + "line; change it by hand")
    }

    @Test func whatIsThereIsNotAdded() {
        #expect(
            refusal(Self.text) { try $0.add(["devices", "weather"], "{}") }
                == "cabinet.yaml:18:3: `devices.weather` is there already; change it with `set`")
    }

    /// A refused edit changes nothing, and the next one is right.
    @Test func refusalsLeaveTheTextAsItIs() throws {
        var editor = try ConfigurationEditor(text: Array("a: &x 1\nb: *x\n".utf8), name: "f")
        #expect(throws: SettingsProblem.self) { try editor.remove(["a"]) }
        #expect(editor.text == Array("a: &x 1\nb: *x\n".utf8))
        try editor.set(["c"], to: "2")
        #expect(editor.text == Array("a: &x 1\nb: *x\nc: 2\n".utf8))
    }

    @Test(arguments: [
        "", " ", "a", "a b", "a: b", "a #b", "a#b", "#", "- a", "-", "-5", "---", "[a", "a, b]",
        "{",
        "*a", "&a", "!a", "%RH", "@", "`", "'", "\"", "a\"b", "\\", "a\nb", "\t", "é ü", "a:", ":a",
        "?", "? a", "|", ">", "<<", "null", "~", "true", "1e3", "mqtts://broker:8883", "a::b", "=",
        "\u{7}", "\u{85}", "\u{2028}", "😀", "a ", " a", "...", "a:?b", "/dev/ttyUSB0", "“a”",
        "\u{A0}a",
    ])
    func everyTextIsAScalar(_ text: String) throws {
        let scalar = ConfigurationEditor.scalar(text)
        for (start, path) in [
            ("a: 1\n", ["b"]), ("a: {c: 1}\n", ["a", "b"]), ("a: [c]\n", ["a", "1"]),
            ("a: {}\n", [text, text]), ("{}", [text]),
        ] {
            let result = try edited(start) { try $0.set(path, to: scalar) }
            let file = SettingsFile(text: result, name: "f")
            #expect(file.problems.isEmpty)
            let node = path.reduce(file.root) { node, key in
                node?[key] ?? (Int(key).flatMap { node?.items[$0] })
            }
            #expect(node?.text == text, "\(result)")
        }
    }
}

extension String {
    /// The text without what stands between two pieces of it.
    fileprivate func range(of start: String, upTo end: String) -> String {
        guard let first = firstRange(of: start), let last = firstRange(of: end) else { return self }
        return String(self[..<first.lowerBound] + self[last.lowerBound...])
    }
}
