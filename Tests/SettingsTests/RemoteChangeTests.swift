import Settings
import Testing

/// What a platform may change, and what it may not.
@Suite struct RemoteChangeTests {
    private static let old = """
        gateway: c
        uplinks:
          city:
            broker: mqtts://city.example
            username: c
            password: {file: /etc/armadio/secrets/city}
            tls: {ca: /etc/armadio/ca.pem}
            commands: [relay/*]
            configuration: true
          county: {broker: mqtt://county.example, password: {credential: county}, username: c}
        journal: {path: /var/lib/armadio/journal}
        buses:
          plc: {modbus-tcp: {host: 10.0.0.1}}
          line: {modbus-rtu: {port: /dev/ttyS0}}
        devices:
          meter: {driver: register-map, bus: plc, unit-id: 1, points: {a: {holding: 1}}}
          weather: {driver: exec, command: [/usr/lib/armadio/drivers/weather.py], points: {t: {}}}

        """

    private func problems(
        _ new: String,
        allowing allowed: [RemoteConfigurationSettings.Permission] = []
    ) -> [String] {
        let file = SettingsFile(text: new, name: "c")
        file.reportRemoteChanges(
            from: SettingsFile(text: Self.old, name: "c"), over: "city", allowing: allowed)
        return file.problems.filter { $0.what.hasPrefix("a platform") || $0.what.hasPrefix("TLS") }
            .map { $0.path.joined(separator: "/") }
    }

    private func replacing(_ text: String, _ other: String) throws -> String {
        try #require(Self.old.contains(text))
        return Self.old.replacing(text, with: other)
    }

    @Test(arguments: [
        ("host: 10.0.0.1", "host: 10.0.0.2"),
        ("holding: 1}", "holding: 2, writable: true}, b: {input: 3}"),
        ("port: /dev/ttyS0", "port: /dev/serial/by-id/x"),
        (
            "  weather: {driver: exec, command: [/usr/lib/armadio/drivers/weather.py], points: {t: {}}}\n",
            ""
        ),
        ("    configuration: true", "    configuration: true  # with a remark\n    window: 40"),
        ("gateway: c", "x-common: &a {interval: 1s, path: /etc/shadow}\ngateway: c"),
    ])
    func whatAPlatformMayChange(_ text: String, _ other: String) throws {
        #expect(problems(try replacing(text, other)) == [])
    }

    @Test(arguments: [
        ("gateway: c", "gateway: d", "gateway"),
        (
            "journal: {path: /var/lib/armadio/journal}",
            "journal: {path: /var/lib/armadio/journal, size: 2GiB}", "journal"
        ),
        ("journal:", "control: {socket: /run/x}\njournal:", "control"),
        ("journal:", "metrics: {listen: \"0.0.0.0:9464\"}\njournal:", "metrics"),
        ("journal:", "metrics: off\njournal:", "metrics"),
        ("configuration: true", "configuration: {allow: [exec]}", "uplinks/city/configuration"),
        ("    configuration: true\n", "", "uplinks/city/configuration"),
        ("username: c}", "username: c, configuration: true}", "uplinks/county/configuration"),
        ("mqtts://city", "mqtt://city", "uplinks/city/broker"),
    ])
    func whatStaysWhateverIsAllowed(_ text: String, _ other: String, _ path: String) throws {
        let found = problems(
            try replacing(text, other), allowing: RemoteConfigurationSettings.Permission.allCases)
        #expect(found == [path])
    }

    @Test(
        arguments: [
            ("relay/*", "\"*\"", "uplinks/city/commands", .commands),
            ("weather.py", "other.py", "devices/weather", .exec),
            (
                "devices:", "devices:\n  new: {driver: exec, command: [sh, -c, reboot]}",
                "devices/new", .exec
            ),
            ("t: {}", "t: {}}, environment: {A: b", "devices/weather", .exec),
            ("secrets/city}", "secrets/county}", "uplinks/city/password", .files),
            (
                "{file: /etc/armadio/secrets/city}", "{credential: county}",
                "uplinks/city/password", .files
            ),
            ("ca: /etc/armadio/ca.pem", "ca: /tmp/x", "uplinks/city/tls", .files),
            (
                "port: /dev/ttyS0", "port: /dev/serial/../watchdog", "buses/line/modbus-rtu/port",
                .files
            ),
            ("port: /dev/ttyS0", "port: /dev/watchdog", "buses/line/modbus-rtu/port", .files),
            (
                "gateway: c", "watchdog: {device: /etc/shadow}\ngateway: c", "watchdog/device",
                .files
            ),
            ("county.example", "evil.example", "uplinks/county", .uplinks),
            ("city.example", "evil.example", "uplinks/city/broker", .uplinks),
            ("  county:", "  more: {broker: mqtt://x}\n  county:", "uplinks/more", .uplinks),
            (
                "  county: {broker: mqtt://county.example, password: {credential: county}, username: c}\n",
                "", "uplinks/county", .uplinks
            ),
        ] as [(String, String, String, RemoteConfigurationSettings.Permission)])
    func whatNeedsLeave(
        _ text: String, _ other: String, _ path: String,
        _ permission: RemoteConfigurationSettings.Permission
    ) throws {
        let new = try replacing(text, other)
        let all = RemoteConfigurationSettings.Permission.allCases
        #expect(problems(new).contains(path))
        #expect(problems(new, allowing: all.filter { $0 != permission }).contains(path))
        #expect(!problems(new, allowing: all).contains(path))
    }

    /// Aliases are looked through.
    @Test func pathsBehindAliasesAreFound() throws {
        let new = try replacing(
            "journal:", "x-a: &a {path: /etc/shadow}\ntelemetry: *a\njournal:")
        #expect(problems(new) == ["telemetry/path"])
    }

    /// A single uplink is the one of its name.
    @Test func singleUplink() {
        let old = "gateway: c\nuplink: {broker: mqtt://a, configuration: true}\n"
        let file = SettingsFile(text: old.replacing("//a", with: "//b"), name: "c")
        file.reportRemoteChanges(
            from: SettingsFile(text: old, name: "c"), over: "uplink", allowing: [])
        #expect(file.problems.isEmpty)
    }

    @Test func settingsAreRead() throws {
        func settings(_ text: String) -> (CabinetSettings?, [String]) {
            let file = SettingsFile(
                text: "gateway: c\nuplink: {broker: mqtt://a, configuration: \(text)}\n", name: "c")
            return (file.read(), file.problems.map(\.description))
        }
        let uplink = { (text: String) in settings(text).0?.uplinks.entries.first?.value }
        #expect(uplink("false")?.configuration == nil)
        #expect(uplink("true")?.configuration == RemoteConfigurationSettings())
        let full = try #require(
            uplink("{confirm-within: 10m, allow: [exec, files]}")?.configuration)
        #expect(full.confirmWithin == .seconds(600))
        #expect(full.allow == [.exec, .files])
        #expect(
            settings("{confirm-within: 1s}").1 == [
                "c:2:60: `confirm-within` is 1s, which is out of range; write 5s to 1h"
            ])
        #expect(settings("{allow: [everything]}").1.count == 1)
        #expect(settings("true, session: homeassistant").1.first?.contains("has no topics") == true)
    }
}
