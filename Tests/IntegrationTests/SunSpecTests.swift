import TestSupport
import Testing

/// `armadio read` and `check` with SunSpec devices, whose registers another library has laid out.
@Suite struct SunSpecTests {
    private func cabinet(_ port: UInt16, _ device: String, in folder: TestFolder) throws -> String {
        try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042
            uplink: {broker: mqtt://broker.invalid}
            buses:
              plc: {modbus-tcp: {host: 127.0.0.1, port: \(port)}, response-timeout: 3s}
            devices:
              pv: {driver: sunspec, bus: plc, \(device)}

            """)
    }

    @Test func showsTheListedPoints() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let path = try cabinet(
            server.port,
            """
            unit-id: 1, trackers: 1, models: [1, 103, 160, 203, 203#2, 802], points: {
                serial: {interval: 1h}, ac-power: {deadband: 10}, ac-voltage-bc: {}, state: {},
                mppt-1-energy: {}, power: {}, power.2: {}, battery-state-of-charge: {}}
            """, in: folder)
        let outcome = try await armadio("read", "pv", "-c", path)
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                POINT                       VALUE              UNIT  QUALITY
                pv/serial                   29301000987160033        good
                pv/ac-power                 -2840              W     good
                pv/ac-voltage-bc            -                  V     not-available
                pv/state                    mppt                     good
                pv/mppt-1-energy            1234560            Wh    good
                pv/power                    113                W     good
                pv/power.2                  -113               W     good
                pv/battery-state-of-charge  87.3               %     good

                """)
        #expect(outcome.code == 4)
    }

    /// The usual points of a model, one request.
    @Test func readsTheUsualPoints() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let path = try cabinet(server.port, "unit-id: 2, models: [113]", in: folder)
        let outcome = try await armadio("read", "pv/ac-voltage-an", "-c", path)
        #expect(outcome.output.contains(/pv\/ac-voltage-an +230.1 +V +good/))
        #expect(outcome.code == 0)
        let all = try await armadio("read", "pv", "-c", path)
        #expect(all.output.contains("pv/ac-energy"))
        #expect(!all.output.contains("vendor"))
    }

    @Test func saysThatTheDeviceIsNoSunSpec() async throws {
        let (server, folder) = (try await startServer("sunspec-server"), try TestFolder())
        let path = try cabinet(
            server.port, "unit-id: 4, base: 0, models: [103], points: {ac-power: {}}", in: folder)
        let outcome = try await armadio("read", "pv", "-c", path)
        #expect(outcome.code == 4)
        #expect(outcome.errors == "armadio: unit 4 has no SunSpec models: no `SunS` at 0\n")
    }

    @Test(arguments: [
        (
            "unit-id: 1",
            "6:7: the device's models are not named; add `models:`, such as `models: [103]` for an "
                + "inverter of three phases; `armadio scan modbus` shows which the device has"
        ),
        (
            "unit-id: 1, models: [203, 203]",
            "6:55: model 203 is named twice; write 203#2 for the second of the device"
        ),
        (
            "unit-id: 1, models: [7]",
            "6:56: item 1 of `models`: SunSpec model 7 is not read by this driver; the models are: "
                + "1, 101, 102, 103, 111, 112, 113, 160, 201, 202, 203, 204, 802"
        ),
        (
            "unit-id: 1, models: [203], points: {powr: {}}",
            "6:77: the models have no point `powr`; did you mean `power`?"
        ),
        (
            "unit-id: 1, models: [203], max-registers: 8",
            "6:77: `max-registers` is 16 to 125, not 8; leave it out for what is usual"
        ),
        (
            "unit-id: 1, models: [203], pause: 1m",
            "6:69: `pause` is 0s to 10s, not 1m; leave it out for what is usual"
        ),
    ])
    func saysWhatIsWrong(_ device: String, _ message: String) async throws {
        let folder = try TestFolder()
        let path = try cabinet(502, device, in: folder)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 2)
        #expect(outcome.errors == "\(path):\(message)\n")
    }
}
