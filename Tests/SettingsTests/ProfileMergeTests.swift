import Settings
import Telemetry
import Testing

/// A device with its profile's keys and points, as the rest of the gateway sees it.
@Suite struct ProfileMergeTests {
    private static let cabinet = """
        gateway: c
        uplink: {broker: mqtt://b}
        buses: {plc: {modbus-tcp: {host: h}}}
        devices:
          first: {profile: p, bus: plc, unit-id: 1, points: {power: {interval: 5s}}}
          second: {profile: p, bus: plc, unit-id: 2, interval: slow, driver: register-map}
          third: {driver: register-map, bus: plc, unit-id: 3, points: {a: {input: 0}}}

        """

    private static let profile = """
        profile: p
        title: t
        source: s
        max-registers: 10
        points:
          power: {input: 0, interval: fast}
          energy: {input: 2, interval: slow, deadband: 0.5}
          serial-number: {input: 4, interval: once, urgent: true}
          other: {input: 6}

        """

    private func load(_ profile: String) throws -> CabinetSettings {
        let file = SettingsFile(text: profile, name: "p.yaml")
        let found = try #require(DeviceProfile(file, named: "p"))
        var asked: [String] = []
        let cabinet = SettingsFile(text: Self.cabinet, name: "cabinet.yaml").applying {
            asked.append($0)
            return .found(found)
        }
        #expect(asked == ["p"])
        let settings = try #require(cabinet.read())
        // Drivers have not looked at their keys, so unknown ones are not looked for.
        #expect(cabinet.problems == [])
        return settings
    }

    @Test func pointsHaveTheIntervalsOfTheirClasses() throws {
        let settings = try load(Self.profile)
        let first = try #require(settings.devices["first"])
        #expect(first.driver == "register-map")
        #expect(first.profile == "p")
        #expect(
            first.points.entries.map(\.name) == ["power", "energy", "serial-number", "other"])
        #expect(
            first.points.entries.map(\.value.interval) == [
                .seconds(5), .seconds(60), .seconds(3600), nil,
            ])
        #expect(first.points["energy"]?.deadband == 0.5)
        #expect(first.points["serial-number"]?.isUrgent == true)
        let second = try #require(settings.devices["second"])
        #expect(second.interval == .seconds(60))
        #expect(second.points["power"]?.interval == .seconds(1))
    }

    @Test func theDriverFindsTheKeysOfBoth() throws {
        let node = try #require(try load(Self.profile).devices["first"]?.node)
        #expect(node["max-registers"]?.text == "10")
        #expect(node["unit-id"]?.text == "1")
        #expect(node["points"]?["power"]?["input"]?.text == "0")
        #expect(node["title"] == nil)
    }

    /// A reload restarts the devices of a profile that has changed, and no others.
    @Test func aChangedProfileIsAChangedDevice() throws {
        let before = try load(Self.profile).devices
        let same = try load("# a comment\n" + Self.profile).devices
        let after = try load(Self.profile.replacing("input: 6", with: "input: 8")).devices
        #expect(before["first"] == same["first"])
        #expect(before["first"] != after["first"])
        #expect(before["second"] != after["second"])
        #expect(before["third"] == after["third"])
    }
}
