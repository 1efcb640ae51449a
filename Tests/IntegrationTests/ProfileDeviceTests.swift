import TestSupport
import Testing

/// Devices that name a profile: checked, read, found by a scan.
@Suite struct ProfileDeviceTests {
    private func cabinet(_ port: UInt16, _ devices: String) -> String {
        """
        gateway: cabinet-0042
        uplink: {broker: mqtt://broker.invalid}
        buses:
          plc: {modbus-tcp: {host: 127.0.0.1, port: \(port)}}
        devices:

        """ + devices + "\n"
    }

    private func check(_ folder: TestFolder, _ devices: String) async throws -> (
        path: String, outcome: TestProcess.Outcome
    ) {
        let path = try folder.write("cabinet.yaml", cabinet(502, devices))
        return (path, try await armadio("check", "-c", path, "--profiles", folder.path))
    }

    private static let own = """
        profile: mine
        title: ours
        source: ours
        identify: [{input: 11, equals: 11}, {holding: 20, one-of: [19, 20]}]
        max-registers: 50
        points:
          level: {holding: 4, unit: "%", interval: slow}
          count: {input: 7, interval: 2s}
          spare: {input: 9}

        """

    /// The meter of the simulator has the registers of the profile's device.
    @Test func readsADevice() async throws {
        let (field, folder) = (try await SimulatedField(profile: "meter"), try TestFolder())
        let path = try folder.write(
            "cabinet.yaml",
            cabinet(
                field.port,
                "  meter: {profile: eastron-sdm630, bus: plc, unit-id: 1, "
                    + "only: [voltage-l1, power, frequency, energy-import-l3]}"))
        let outcome = try await armadio("read", "meter", "-c", path)
        #expect(outcome.errors == "")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains(/meter\/voltage-l1 +2[0-9]{2}(\.[0-9]+)? +V +good/))
        #expect(outcome.output.contains(/meter\/frequency +(49|50)(\.[0-9]+)? +Hz +good/))
        #expect(outcome.output.split(separator: "\n").count == 5)
    }

    /// What the cabinet says goes before what the profile says, key by key; the rest is added.
    @Test func theCabinetHasTheLastWord() async throws {
        let (server, folder) = (try await startServer("pymodbus-server"), try TestFolder())
        try folder.write("mine.yaml", Self.own)
        let path = try folder.write(
            "cabinet.yaml",
            cabinet(
                server.port,
                """
                  device:
                    profile: mine
                    bus: plc
                    unit-id: 1
                    only: [count, level]
                    points:
                      level: {scale: 0.5}
                      count: {holding: 8}
                      more: {input: 100}
                """))
        let outcome = try await armadio(
            "read", "device", "-c", path, "--profiles", folder.path)
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                POINT         VALUE  UNIT  QUALITY
                device/level      2  %     good
                device/count      8        good
                device/more     100        good

                """)
    }

    /// A mistake of the cabinet is said of the cabinet, and where it stands.
    @Test(arguments: [
        (
            "profile: eastron-sdm63, unit-id: 1",
            "6:26: there is no profile `eastron-sdm63`; did you"
        ),
        (
            "profile: xy-md02, unit-id: 1, driver: sunspec",
            "6:55: a device with a profile has the driver `register-map`; remove `driver`"
        ),
        (
            "profile: xy-md02, unit-id: 1, only: [temprature]",
            "6:54: the profile has no point `temprature`; did you mean `temperature`?"
        ),
        ("profile: xy-md02, unit-id: 1, only: all", "6:53: `only` is a list of points; write it"),
        (
            "profile: xy-md02, unit-id: 1, only: [humidity], points: {temperature: {scale: 1}}",
            "6:53: `temperature` is set but not chosen; add it to `only`, or remove it"
        ),
        ("profile: xy-md02", "6:3: `unit-id` is missing in `d`; add `unit-id: ...`"),
        (
            "profile: xy-md02, unit-id: 1, points: {temperature: {scale: x}}",
            "6:77: `scale`: `x` is not a number"
        ),
        (
            "profile: xy-md02, unit-id: 1, points: {temperature: {bit: 3}}",
            "6:75: "
        ),
        (
            "profile: xy-md02, unit-id: 1, points: {temperature: {skale: 3}}",
            "6:70: unknown key `skale` in `temperature`"
        ),
    ])
    func saysWhatIsWrongInTheCabinet(device: String, said: String) async throws {
        let folder = try TestFolder()
        let (path, outcome) = try await check(folder, "  d: {bus: plc, \(device)}")
        #expect(outcome.code == 2)
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1, "\(outcome.errors)")
        #expect(lines.first?.hasPrefix("\(path):\(said)") == true, "\(outcome.errors)")
    }

    /// A mistake of the profile is said of the profile, once, however many devices name it.
    @Test func saysWhatIsWrongInTheProfile() async throws {
        let folder = try TestFolder()
        let text = Self.own.replacing("holding: 4", with: "holding: 70000")
        let profile = try folder.write("mine.yaml", text)
        let (_, outcome) = try await check(
            folder,
            """
              a: {bus: plc, profile: mine, unit-id: 1}
              b: {bus: plc, profile: mine, unit-id: 2}
              c: {bus: plc, profile: xy-md02, unit-id: 3}
            """)
        #expect(outcome.code == 2)
        #expect(
            outcome.errors == "\(profile):7:20: `holding` is 70000, which is out of range; write a "
                + "number from 0 to 65535\n")
    }

    /// A broken profile that no device names is nobody's business.
    @Test func aBrokenProfileHarmsNoOther() async throws {
        let folder = try TestFolder()
        try folder.write("broken.yaml", "profile: [")
        let (path, outcome) = try await check(
            folder, "  c: {bus: plc, profile: xy-md02, unit-id: 3}")
        #expect(outcome.errors == "")
        #expect(
            outcome.output
                == "\(path): fit for use: gateway cabinet-0042, 1 bus, 1 device, 2 points\n")
    }

    /// Every register of a test server shows its own address, which the profile takes for a mark.
    @Test func aScanProposesTheProfile() async throws {
        let (server, folder) = (try await startServer("pymodbus-server"), try TestFolder())
        try folder.write("mine.yaml", Self.own)
        let outcome = try await armadio(
            "scan", "modbus", "127.0.0.1:\(server.port)", "--units", "1", "--profiles",
            folder.path)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("    profile: mine\n    bus: modbus-1\n    unit-id: 1"))
        let path = try folder.write("cabinet.yaml", outcome.output)
        let check = try await armadio("check", "-c", path, "--profiles", folder.path)
        #expect(check.errors == "")
        #expect(check.code == 0)
    }
}
