import Boards
import Settings
import Telemetry
import Testing

@testable import Gateway

/// What the configuration says of GPIO lines and of ports that the board has names for.
@Suite struct GPIOConfigurationTests {
    private func board() throws -> Boards.Board {
        let found = BoardLibrary().find("raspberry-pi-4b")
        guard case .found(let board) = found else { throw Missing() }
        return board
    }

    private struct Missing: Error {}

    /// The problems of a configuration with these lines; its plan if there are none.
    private func load(_ lines: String, on board: Boards.Board? = nil) -> (CabinetPlan?, [String]) {
        let text = "gateway: g\nuplink: {broker: \"mqtt://127.0.0.1\"}\n" + lines
        let file = SettingsFile(bytes: Array(text.utf8), name: "cabinet.yaml")
        do throws(SettingsProblems) {
            let plan = try CabinetPlan.load(
                file, points: PointTable(), profiles: ProfileLibrary(), board: board)
            return (plan, [])
        } catch {
            return (nil, error.problems.map(\.description))
        }
    }

    @Test func contactsCountersAndRelaysAreOneDeviceWithoutABus() throws {
        let (plan, problems) = load(
            """
            devices:
              street:
                driver: gpio
                points:
                  door: {line: door, bias: pull-up, active-low: true, debounce: 20ms, urgent: true}
                  energy: {line: s0, count: {per-unit: 1000}, unit: kWh}
                  power: {line: s0, rate: {per-unit: 1000, per: 1h}, unit: kW, interval: 10s}
                  bell: {line: "gpiochip0:17", writable: {pulse: 500ms}}
                  lamp: {line: lamp, writable: {initial: on, safe: on}, drive: open-drain}

            """)
        #expect(problems == [])
        let line = try #require(plan?.lines.first)
        #expect(line.line == .gpio(name: "gpio"))
        let device = try #require(line.devices.first)
        #expect(device.plan.channels.map(\.unit.symbol) == ["", "kWh", "kW", "", ""])
        #expect(device.plan.channels.map(\.isWritable) == [false, false, false, true, true])
        // A pulse that is cut short ends.
        #expect(
            device.plan.channels.map(\.safeValue) == [nil, nil, nil, .bool(false), .bool(true)])
        #expect(device.points.map(\.interval.components.seconds) == [60, 60, 10, 60, 60])
    }

    @Test func mistakesHaveTheirPlaceAndRemedy() {
        let (_, problems) = load(
            """
            buses:
              gpio: {i2c: {path: /dev/i2c-1}}
            devices:
              street:
                driver: gpio
                bus: gpio
                points:
                  a: {line: door, debounce: 11s}
                  b: {line: ""}
                  c: {line: s0, count: {per-unit: 0}, unit: kWh}
                  d: {line: s0, count: true, rate: {per: 1h}}
                  e: {line: lamp, writable: {safe: up}}
                  f: {line: lamp, writable: true, debounce: 1ms}
                  g: {line: lamp, drive: open-drain}
                  h: {line: lamp, bias: up}
                  i: {line: x, max-changes: 0}

            """)
        #expect(
            problems == [
                "cabinet.yaml:4:9: `gpio` is what the bus of the driver `gpio` is called; give this bus another name",
                "cabinet.yaml:8:10: the driver `gpio` has a bus of its own; leave `bus` out",
                "cabinet.yaml:10:33: `debounce` is 11s, which is out of range; write 0s to 10s",
                "cabinet.yaml:11:17: `line`: `` is no line; write its name, or its chip and number: `gpiochip0:17`",
                "cabinet.yaml:12:39: `per-unit` is more than 0, not 0.0; write how many pulses are one kWh",
                "cabinet.yaml:13:40: a point is one thing: `count` or `rate`; make two points of it",
                "cabinet.yaml:14:40: an output is on or off, not `up`; write `safe: off` or `safe: on`",
                "cabinet.yaml:15:49: an output has no `debounce`; remove it",
                "cabinet.yaml:16:30: only an output is driven; add `writable`, or remove it",
                "cabinet.yaml:17:29: `bias` cannot be `up`; possible: as-is, none, pull-up, pull-down",
                "cabinet.yaml:18:33: `max-changes` is 0.1 to 1000 a second, not 0.0; leave it out for 10",
            ])
    }

    @Test func oneLineIsWantedInOneWay() {
        let (_, problems) = load(
            """
            devices:
              street:
                driver: gpio
                points:
                  a: {line: door}
                  b: {line: door, active-low: true}
                  c: {line: door, writable: true}

            """)
        #expect(problems.count == 2)
        #expect(problems.first?.hasPrefix("cabinet.yaml:8:17: the line is used by `a`") == true)
    }

    @Test func theBoardsNamesAreUnderstood() throws {
        let board = try board()
        let (plan, problems) = load(
            """
            buses:
              meters: {modbus-rtu: {port: serial-1}}
              chips: {i2c: {path: i2c-1}}
            devices:
              street:
                driver: gpio
                points: {door: {line: pin-11}, twin: {line: GPIO17, active-low: true}}
              air: {driver: lm75, bus: chips}
              meter: {driver: register-map, bus: meters, unit-id: 1, points: {v: {input: 0}}}

            """, on: board)
        #expect(plan == nil)
        // Both names are the same line.
        #expect(problems.count == 1)
        #expect(problems.first?.contains("the line is used by `door` in another way") == true)
        let (sound, none) = load(
            """
            buses:
              meters: {modbus-rtu: {port: serial-1}}
              chips: {i2c: {path: i2c-1}}
            devices:
              air: {driver: lm75, bus: chips}
              meter: {driver: register-map, bus: meters, unit-id: 1, points: {v: {input: 0}}}

            """, on: board)
        #expect(none == [])
        #expect(sound?.lines.map(\.line.address) == ["/dev/serial0", "/dev/i2c-1"])
    }

    @Test func aPortThatTheBoardDoesNotHaveIsAMistake() throws {
        let lines = "buses: {meters: {modbus-rtu: {port: serial-2}}}\n"
        #expect(
            load(lines, on: try board()).1 == [
                "cabinet.yaml:3:37: `serial-2` is no path, and no port of the board "
                    + "(Raspberry Pi 4 Model B); did you mean `serial-1`?"
            ])
        #expect(
            load(lines).1 == [
                "cabinet.yaml:3:37: `serial-2` is no path, and the board has no names for its "
                    + "ports; write the whole path, which begins with /"
            ])
    }
}
