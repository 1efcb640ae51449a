import Glibc
import TestSupport
import Testing

/// The mistakes that people make in a configuration, each through the whole program: where it is,
/// what is wrong and how to mend it, and nothing else.
@Suite struct ConfigurationMistakesTests {
    /// A cabinet without mistakes: a broker with TLS, a Modbus server, a serial line with a profile, a
    /// contact and a program.
    private static let right = """
        gateway: cabinet-0042
        uplink:
          broker: mqtts://broker.city.example:8883
          tls: {ca: /etc/armadio/ca.pem}
          username: cabinet-0042
          password: {file: /etc/armadio/secrets/mqtt}
        buses:
          plc: {modbus-tcp: {host: 192.168.1.20}}
          line-1: {modbus-rtu: {port: /dev/ttyUSB0, baud: 9600, parity: even}}
        devices:
          meter-1:
            driver: register-map
            profile: eastron-sdm630
            bus: line-1
            unit-id: 1
            interval: 10s
          drive-1:
            driver: register-map
            bus: plc
            unit-id: 2
            points:
              speed: {holding: 100, type: float32, order: CDAB, unit: 1/min}
              run: {coil: 0, writable: true}
          street:
            driver: gpio
            points:
              door: {line: pin-11, bias: pull-up}
          weather:
            driver: exec
            command: [/usr/lib/armadio/drivers/weather.py]
            points:
              temp: {unit: Cel}

        """

    @Test(arguments: CheckTests.Mistake.common)
    func isToldWithItsPlaceAndItsRemedy(_ mistake: CheckTests.Mistake) async throws {
        try await mistake.expectSaid(of: Self.right)
    }

    @Test func theRightOneHasNone() async throws {
        let folder = try TestFolder()
        let path = try folder.write("cabinet.yaml", Self.right)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(
            outcome.output
                == "\(path): fit for use: gateway cabinet-0042, 4 buses, 4 devices, 41 points\n")
    }

    /// What may be right, and mostly is not: told of a file that is fit for use.
    @Test(arguments: [
        (
            "holding: 100", "holding: 40101",
            "22:24: `holding` is the address on the wire, from 0; if 40101 is a number of the data "
                + "sheet, where 40001 is the first one, write holding: 100"
        ),
        (
            "holding: 100", "input: 30013",
            "22:22: `input` is the address on the wire, from 0; if 30013 is a number of the data "
                + "sheet, where 30001 is the first one, write input: 12"
        ),
        (
            "  street:",
            "  meter-2: {driver: register-map, profile: eastron-sdm630, bus: line-1, unit-id: 1}\n"
                + "  street:",
            "24:82: `meter-1` on `line-1` has the unit id 1 too; right only if both are one and the "
                + "same device"
        ),
        ("unit: Cel", "unit: C", "32:20: `C` is coulomb; write Cel for degrees Celsius"),
        (
            "mqtts://broker.city.example:8883\n  tls: {ca: /etc/armadio/ca.pem}",
            "[mqtt://127.0.0.1, mqtt://broker.city.example]",
            "3:30: the password goes to broker.city.example unencrypted; write "
                + "mqtts://broker.city.example; right only where the network is your own"
        ),
    ])
    func isToldThoughItMayBeRight(_ right: String, _ wrong: String, _ said: String) async throws {
        let folder = try TestFolder()
        let text = Self.right.replacing(right, with: wrong)
        try #require(text != Self.right)
        let path = try folder.write("cabinet.yaml", text)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last == "\(path):\(said)")
    }

    /// Any name may be one of the kernel's, but no pin of the board's header is 41.
    @Test(arguments: [
        ("pin-41", "Raspberry Pi 4 Model B has no `pin-41`, but 40 pins"),
        ("J8-2", "`J8-2` of Raspberry Pi 4 Model B is 5V, no line"),
        ("GPIO99", nil), ("pin-11", nil), ("gpiochip0:17", nil),
    ])
    func pinsThatTheBoardDoesNotHaveAreTold(_ line: String, _ said: String?) async throws {
        let folder = try TestFolder()
        let text = Self.right.replacing("line: pin-11", with: "line: \(line)")
            .replacing("cabinet-0042\nuplink", with: "cabinet-0042\nboard: raspberry-pi-4b\nuplink")
        let path = try folder.write("cabinet.yaml", text)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let mend = "`armadio board show raspberry-pi-4b` draws its pins"
        #expect(
            outcome.output.split(separator: "\n").dropFirst().map(String.init)
                == (said.map { ["\(path):28:20: \($0); \(mend)"] } ?? []))
    }

    /// A file that is not there is told where its folder is: on the cabinet, not at the office.
    @Test func filesThatAreNotThereAreTold() async throws {
        let folder = try TestFolder()
        let text = Self.right.replacing("/etc/armadio/ca.pem", with: folder.path("ca.pem"))
            .replacing("/etc/armadio/secrets", with: folder.path)
        let path = try folder.write("cabinet.yaml", text)
        #expect(
            try await armadio("check", "-c", path).output.split(separator: "\n").dropFirst() == [
                "\(path):4:13: there is no file \(folder.path)/ca.pem; bring it there, or check the "
                    + "name",
                "\(path):6:20: there is no file \(folder.path)/mqtt; bring it there, or check the "
                    + "name",
            ])
        try folder.write("ca.pem", "")
        try folder.write("mqtt", "")
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.output.split(separator: "\n").count == 1)
    }

    /// An edit tells what it brings, not what was there.
    @Test func editsTellWhatTheyBring() async throws {
        let folder = try TestFolder()
        let text = Self.right.replacing("unit: Cel", with: "unit: C")
        let path = try folder.write("cabinet.yaml", text)
        let outcome = try await armadio("set", "drive-1/speed", "holding=40101", "-c", path)
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("\n\(path):22:24: `holding` is the address on the wire"))
        #expect(!outcome.output.contains("coulomb"))
    }
}
