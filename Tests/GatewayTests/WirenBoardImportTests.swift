import Drivers
import Settings
import Telemetry
import Testing

@testable import Gateway

/// Templates of wb-mqtt-serial become profiles that the register map takes. The templates are
/// written for the tests, in the public ones' ways.
@Suite struct WirenBoardImportTests {
    static let files = ["config-meter-x3.json", "config-relay.json", "config-nested.json"]

    static func bytes(_ file: String) throws -> [UInt8] {
        let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        return try FileBytes(path: "/\(folder)/Templates/\(file)", limit: 1 << 20).bytes
    }

    private func profile(_ file: String, all: Bool = false) throws -> WirenBoardImport {
        try WirenBoardImport(Self.bytes(file), file: file, takesAll: all)
    }

    /// The import of a device's channels alone.
    private func channels(_ text: String) throws(TemplateFlaw) -> WirenBoardImport {
        try WirenBoardImport(
            Array("{\"device\": {\"channels\": [\(text)]}}".utf8), file: "config-x.json")
    }

    /// A cabinet with one device of these options and points.
    static func plan(_ profile: WirenBoardImport) throws(SettingsProblems) -> CabinetPlan {
        let head = [
            "gateway: cabinet-1", "uplink: {broker: \"mqtt://localhost\"}", "buses:",
            "  line: {modbus-tcp: {host: 127.0.0.1}}", "devices:", "  device:",
            "    driver: register-map", "    bus: line", "    unit-id: 1",
        ]
        let text = head + profile.lines.map { "    " + $0 }
        let file = SettingsFile(text: text.joined(separator: "\n"), name: profile.name)
        return try CabinetPlan.load(file, points: PointTable(), profiles: ProfileLibrary())
    }

    @Test(arguments: files, [false, true])
    func theRegisterMapTakesEveryImport(file: String, all: Bool) throws {
        let profile = try profile(file, all: all)
        #expect(throws: Never.self) {
            let plan = try Self.plan(profile)
            #expect(plan.summary == "1 bus, 1 device, \(profile.pointCount) points")
        }
    }

    @Test func aMeterKeepsItsOrdersSentinelsAndUnits() throws {
        #expect(
            try profile("config-meter-x3.json").text == """
                profile: meter-x3
                title: "Meter X3 (three phases)"
                maker: "Wiren Board"
                source: "wb-mqtt-serial template config-meter-x3.json"
                max-registers: 4
                max-gap: 10
                points:
                  urms-l1: {input: 5136, type: uint32, scale: 1.52588e-07, unit: "V", not-available: 0xFFFFFFFF}
                  upeak-l1: {input: 6160, type: int32, order: CDAB, scale: 0.01, unit: "V", not-available: [0x7FFFFFFF, 0xFFFFFFFE]}
                  ap-energy-l1: {input: 4612, type: uint64, order: CDAB, scale: 1e-05, unit: "kWh", interval: 1m}
                  frequency: {input: 4344, scale: 0.01, unit: "Hz"}
                  temperatura: {input: 4345, type: int16, unit: "Cel", not-available: 0x8000}
                  pressure: {input: 4346, type: float32, order: BADC, scale: 1000, unit: "hPa"}
                  flow: {input: 4348}
                  uptime: {input: 104, type: uint32, unit: "s"}

                """)
    }

    @Test func whatAMeterLosesIsSaid() throws {
        #expect(
            try profile("config-meter-x3.json").notes.map(\.description) == [
                "not taken over: parameters, which are settings (1)",
                "channel `Serial` left out: the template switches it off (`--all` takes it)",
                "channel `Flow`: its unit `m^3/h` is not in the SenML registry",
            ])
        #expect(try profile("config-meter-x3.json", all: true).pointCount == 9)
    }

    @Test func aRelayKeepsWhatCanBeWritten() throws {
        let lines = try profile("config-relay.json").lines
        #expect(
            lines == [
                "response-timeout: 1500ms", "pause: 5ms", "points:",
                "  k1: {coil: 0, writable: true}",
                "  k2-inverted: {coil: 1, states: {0: \"on\", 1: \"off\"}}",
                "  input-1: {discrete: 0}", "  press: {input: 464}",
                "  fan: {holding: 20, type: bool, writable: {function: single}}",
                "  lamp: {holding: 21, states: {256: \"off\", 65280: \"on\"}, "
                    + "writable: {function: multiple}}",
                "  level: {holding: 22, unit: \"%\", writable: {min: 5, max: 100}}",
                "  set-point: {holding: 23, type: int16, scale: 0.1, unit: \"Cel\", "
                    + "writable: {min: -50, max: 50}}",
                "  reset: {holding: 24, type: bool, writable: {verify: false}}",
                "  both: {holding: 27}",
                "  state: {holding: 29, states: {0: \"off\", 1: \"on\", 2: \"on 2\"}, "
                    + "writable: true}",
                "  tenths: {input: 30, states: {0: \"none\", 5: \"half\"}}",
                "  ratio: {input: 31, type: float32}", "  bit: {input: 33, bit: 3}",
                "  field: {holding: 33, bits: [4, 5], states: {0: \"a\", 1: \"b\", 3: \"c\"}}",
                "  high-byte: {input: 34, type: int8, order: BADC}",
                "  wide-field: {input: 35, type: uint32, bits: [12, 19]}",
                "  version: {input: 250, type: string, length: 16, characters: low}",
                "  model: {input: 200, type: string, order: BADC, length: 4}",
                "  digits: {input: 36, type: bcd32}", "  mode-one: {input: 37}",
                "  mode-one-2: {input: 38}", "  pair-1: {input: 41}",
                "  pair-2: {input: 42, type: int16}",
            ])
    }

    @Test func whatARelayLosesIsSaid() throws {
        let notes = try profile("config-relay.json").notes
        #expect(
            Set(notes.filter(\.isLeftOut).map(\.description)) == [
                "channel `Reboot` left out: it can only be written",
                "channel `Command` left out: it can only be written",
                "channel `Mode zero` left out: its condition `mode==0` does not hold with the "
                    + "default parameters",
                "channel `Asks input` left out: its condition `input>2` asks for `input`, which "
                    + "has no default",
                "channel `Wrong type` left out: its `scale` is a text, not a number",
                "channel `Far` left out: it goes beyond register 65535",
                "channel `Relay mode` left out: the register type `relay_mode` is not Modbus's",
            ])
        let kept = notes.filter { !$0.isLeftOut }.map(\.description)
        #expect(
            kept.contains(
                "channel `Both`: it can only be read: it is written at another address, 28"))
        #expect(kept.contains("channel `Field`: it can only be read: it is part of a register"))
        #expect(kept.contains("channel `Ratio`: its `enum` is dropped: a float32 has no names"))
    }

    @Test func subdevicesAreOpened() throws {
        let profile = try profile("config-nested.json")
        #expect(
            profile.lines == [
                "points:",
                "  first-temperature: {input: 104, type: int32, order: CDAB, unit: \"Cel\"}",
                "  first-humidity: {input: 106, unit: \"%RH\"}",
                "  temperature: {input: 204, type: int32, order: CDAB, unit: \"Cel\"}",
                "  humidity: {input: 206, unit: \"%RH\"}",
            ])
        #expect(profile.notes.filter(\.isLeftOut).count == 4)
    }

    @Test func otherProtocolsAndJinjaAreRefused() throws {
        let meter = Array("{\"device\": {\"protocol\": \"mercury230\", \"channels\": []}}".utf8)
        #expect(throws: TemplateFlaw.self) { try WirenBoardImport(meter, file: "config-m.json") }
        let rendered = try Self.bytes(Self.files[0])
        #expect(throws: TemplateFlaw.self) {
            try WirenBoardImport(rendered, file: "config-meter.json.jinja")
        }
    }

    @Test(arguments: [
        ("{\"device\": {\n  \"name\" 1}}", "2:10: a colon is missing behind the key"),
        ("{\"device\": {},\n\n /* open", "3:2: the comment has no end"),
        ("[1, 2", "1:6: a comma or ] is missing"),
        ("{\"a\": 1e999}", "1:7: this is no JSON value"),
        ("{\"a\": \"\\q\"}", "1:9: there is no such escape"),
        (String(repeating: "[", count: 100), "1:34: more than 32 levels lie in each other"),
    ])
    func aBrokenTemplateIsToldWhere(text: String, said: String) throws {
        let flaw = #expect(throws: TemplateFlaw.self) {
            try WirenBoardImport(Array(text.utf8), file: "config-x.json")
        }
        #expect(flaw?.description.hasPrefix(said + ";") == true, "\(flaw?.description ?? "")")
    }

    @Test func aTemplateWithoutAUsableChannelIsRefused() throws {
        #expect(throws: TemplateFlaw.self) {
            try channels("{\"name\": \"A\", \"reg_type\": \"energy\", \"address\": 1}")
        }
    }

    /// The name of each channel taken, of channels with these conditions.
    @Test(arguments: [
        ("mode==1", true), ("mode!=1", false), ("mode>=1&&mode<2", true), ("mode>1||mode<1", false),
        ("isDefined(mode)", true), ("isDefined(none)==0||none==0", true),
        ("!isDefined(mode)", false),
        ("isDefined(none)&&none==0", false), ("none==1", false), ("none!=1", false),
        ("(mode==1)&&(level==2)", true), ("level == 2.0", true), ("mode==", false), ("mode", true),
        ("((mode==1)", false), ("mode==1)", false), ("mode = 1", false), ("", true),
    ])
    func aConditionIsJudgedByTheDefaults(condition: String, holds: Bool) throws {
        let text = """
            {"device": {
                "parameters": {"mode": {"default": 1}, "level": {"default": "2"}, "none": {}},
                "channels": [
                    {"name": "A", "address": 1, "condition": "\(condition)"},
                    {"name": "B", "address": 2}]}}
            """
        let profile = try WirenBoardImport(Array(text.utf8), file: "config-x.json")
        #expect(profile.pointCount == (holds ? 2 : 1))
        #expect(profile.notes.filter(\.isLeftOut).count == (holds ? 0 : 1))
    }

    @Test func namesAreUniqueAndValid() throws {
        let long = String(repeating: "very long ", count: 12)
        let profile = try channels(
            ["Ток, А", "A+B %", "a b", "A-B", "A  b!", "日本", "", long, long + "2", "№ 1"].map {
                "{\"name\": \"\($0)\", \"address\": 1}"
            }.joined(separator: ","))
        let names = profile.lines.dropFirst().map { $0.split(separator: ":")[0].dropFirst(2) }
        #expect(
            names.map(String.init) == [
                "tok-a", "aplusb-percent", "a-b", "a-b-2", "a-b-3", "point", "point-2",
                "very-long-very-long-very-long-very-long-very-long-very-l",
                "very-long-very-long-very-long-very-long-very-long-very-l-2", "1",
            ])
        #expect(throws: Never.self) { try Self.plan(profile) }
    }

    @Test func whatIsWrittenIsWritable() throws {
        let profile = try channels(
            """
            {"name": "Close", "type": "pushbutton", "address": 1, "on_value": "0"},
            {"name": "Stop", "type": "pushbutton", "address": 1, "on_value": "2"},
            {"name": "State", "type": "value", "address": 2, "read_only": true},
            {"name": "Set point", "type": "temperature", "address": 3}
            """)
        #expect(
            profile.notes.map(\.description) == [
                "channel `Set point`: it can only be read, as a temperature; make it `writable` if "
                    + "it is set"
            ])
        #expect(
            profile.lines.dropFirst() == [
                "  close: {holding: 1, states: {0: \"on\"}, writable: {verify: false}}",
                "  stop: {holding: 1, states: {0: \"off\", 2: \"on\"}, writable: {verify: false}}",
                "  state: {holding: 2}",
                "  set-point: {holding: 3, unit: \"Cel\"}",
            ])
    }
}
