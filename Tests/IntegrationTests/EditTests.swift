import FoundationEssentials
import Glibc
import Settings
import TestSupport
import Testing

/// `armadio add`, `set` and `remove`: the file edited in place, byte for byte.
@Suite struct EditTests {
    /// A file as people leave them: comments, an order and an indentation of its own, Windows line
    /// ends nowhere, blanks at the end of a line.
    static let file = """
        # Cabinet 42, city hall. Keep in step with drawing E-17!
        devices:          # the devices come first here

           # the main meter
           meter-1:
              driver:   register-map   # do not change
              bus: plc
              unit-id: 1
              points:
                 voltage: {input: 0, type: float32, unit: V}      # L1
                 # kWh since 2019
                 energy: { input: 342, type: float32, unit: kWh }

           # switched off in winter
           relay-1: {driver: register-map, bus: plc, unit-id: 2, points: {lamp: {coil: 0}}}

        buses:
           plc: {modbus-tcp: {host: 192.168.1.20}}   # the PLC in the door

        gateway: "cabinet-0042"   

        uplink:
           broker: mqtts://broker.city.example
           # the user is the cabinet
           username: cabinet-0042
        # end of file

        """

    /// A file, and what a command makes of it.
    struct Scene {
        let folder: TestFolder
        var path: String { folder.path("cabinet.yaml") }

        init(_ text: String = EditTests.file) throws {
            folder = try TestFolder()
            try folder.write("cabinet.yaml", text)
        }

        var text: String {
            get throws {
                String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
            }
        }

        func edit(_ words: String...) async throws -> TestProcess.Outcome {
            try await TestProcess(armadio: words + ["-c", path]).run()
        }
    }

    /// A command, and the pieces of the file that are others behind it.
    struct Edit: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var words: [String]
        var pieces: [[String]]

        init(_ name: String, _ words: String, _ pieces: [String]...) {
            testDescription = name
            self.words = words.split(separator: " ").map {
                String($0).replacing("_", with: " ")
            }
            self.pieces = pieces
        }

        static let all: [Edit] = [
            .init(
                "a device",
                "add device meter-2 --bus plc driver=register-map --unit-id 3 "
                    + "points.voltage={input:_0,_unit:_V}",
                [
                    "points: {lamp: {coil: 0}}}\n",
                    """
                    points: {lamp: {coil: 0}}}
                       meter-2:
                          driver: register-map
                          bus: plc
                          unit-id: 3
                          points:
                             voltage: {input: 0, unit: V}

                    """,
                ]),
            .init(
                "a point among lines", "add point meter-1/current input=6 type=float32 unit=A",
                [
                    "unit: kWh }\n",
                    """
                    unit: kWh }
                             current: {input: 6, type: float32, unit: A}

                    """,
                ]),
            .init(
                "a point in braces", "add point relay-1/horn coil=1",
                ["{lamp: {coil: 0}}", "{lamp: {coil: 0}, horn: {coil: 1}}"]),
            .init(
                "a bus", "add bus line-1 modbus-rtu.port=/dev/ttyUSB0 modbus-rtu.baud=9600",
                [
                    "# the PLC in the door\n",
                    """
                    # the PLC in the door
                       line-1: {modbus-rtu: {port: /dev/ttyUSB0, baud: 9600}}

                    """,
                ]),
            .init(
                "a second uplink", "add uplink home broker=mqtts://broker.example:8883",
                [
                    """
                    uplink:
                       broker: mqtts://broker.city.example
                       # the user is the cabinet
                       username: cabinet-0042

                    """,
                    """
                    uplinks:
                       uplink:
                          broker: mqtts://broker.city.example
                          # the user is the cabinet
                          username: cabinet-0042
                       home:
                          broker: mqtts://broker.example:8883

                    """,
                ]),
            .init(
                "a value", "set meter-1 unit-id=5",
                ["      unit-id: 1\n", "      unit-id: 5\n"]),
            .init(
                "a value by its kind", "set device meter-1 unit-id=5",
                ["      unit-id: 1\n", "      unit-id: 5\n"]),
            .init(
                "a value by dots", "set meter-1.unit-id 5",
                ["      unit-id: 1\n", "      unit-id: 5\n"]),
            .init(
                "values that were and were not there", "set meter-1 bus=plc interval=10s unit-id=7",
                ["      unit-id: 1\n", "      unit-id: 7\n"],
                ["unit: kWh }\n", "unit: kWh }\n      interval: 10s\n"]),
            .init(
                "a value of a point", "set meter-1/voltage interval=5s type=uint32",
                ["type: float32, unit: V}      #", "type: uint32, unit: V, interval: 5s}      #"]),
            .init(
                "the name in quotes", "set gateway cabinet-0043",
                ["gateway: \"cabinet-0042\"   \n", "gateway: cabinet-0043   \n"]),
            .init(
                "a section that was not there", "set telemetry.interval 60s",
                ["# end of file\n", "telemetry:\n   interval: 60s\n# end of file\n"]),
            .init(
                "a file for a password",
                "set uplink password={file:_/etc/armadio/secrets/mqtt}",
                [
                    "username: cabinet-0042\n",
                    "username: cabinet-0042\n   password: {file: /etc/armadio/secrets/mqtt}\n",
                ]),
            .init(
                "a device gone, with its comment", "remove device relay-1",
                [
                    "   # switched off in winter\n   relay-1: {driver: register-map, bus: plc, "
                        + "unit-id: 2, points: {lamp: {coil: 0}}}\n", "",
                ]),
            .init(
                "a point gone, with its comment", "remove meter-1/energy",
                [
                    "         # kWh since 2019\n         energy: { input: 342, type: float32, "
                        + "unit: kWh }\n", "",
                ]),
            .init(
                "a key gone", "remove uplink.username",
                ["   # the user is the cabinet\n   username: cabinet-0042\n", ""]),
        ]
    }

    @Test(arguments: Edit.all) func changesThatAlone(_ edit: Edit) async throws {
        let scene = try Scene()
        var expected = Self.file
        for piece in edit.pieces {
            try #require(expected.ranges(of: piece[0]).count == 1, "\(piece[0])")
            expected.replace(piece[0], with: piece[1])
        }
        let dry = try await TestProcess(
            armadio: edit.words + ["-c", scene.path, "--dry-run"]
        ).run()
        #expect(dry.code == 0, "\(dry.errors)")
        #expect(try scene.text == Self.file)
        #expect(try scene.folder.contents == ["cabinet.yaml"])
        let outcome = try await TestProcess(armadio: edit.words + ["-c", scene.path]).run()
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output == dry.output + "written; it is in use when the gateway starts\n")
        #expect(try scene.text == expected)
        #expect(try scene.folder.contents == ["cabinet.yaml"])
        try await expectPatch(dry.output, from: Self.file, to: expected, in: scene.folder)
    }

    /// What is shown is what patch(1) makes the new file of.
    private func expectPatch(
        _ diff: String, from old: String, to new: String, in folder: TestFolder
    ) async throws {
        try folder.write("old", old)
        try folder.write("edit.diff", diff)
        let outcome = try await TestProcess([
            "patch", "-s", "-o", folder.path("new"), folder.path("old"), folder.path("edit.diff"),
        ]).run()
        #expect(outcome.code == 0, "\(outcome)")
        let patched = try Data(contentsOf: URL(filePath: folder.path("new")))
        #expect(String(decoding: patched, as: UTF8.self) == new)
    }

    /// A command that is refused: its exit code and all that it says; `FILE` stands for the path.
    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var code: Int32
        var said: String

        init(_ words: String, _ code: Int32, _ said: String) {
            (testDescription, self.code, self.said) = (words, code, said)
        }

        var words: [String] {
            testDescription.split(separator: " ").map { String($0).replacing("_", with: " ") }
        }

        private static let unwritten =
            "\narmadio: nothing was written: the file would have problems"

        static let all: [Refusal] = [
            .init(
                "set meter-1 unit-id=300", 2,
                """
                FILE:8:16: `unit-id` is 300, which is out of range; write a number from 0 to 255
                 8 |       unit-id: 300
                   |                ^
                """ + unwritten),
            .init(
                "add device meter-2 driver=register-map --bus pcl --unit-id 3 points.u={input:_0}",
                2,
                """
                FILE:18:12: there is no bus `pcl`; did you mean `plc`?
                 18 |       bus: pcl
                    |            ^
                """ + unwritten),
            .init(
                "set meter-1 intervall=5s", 2,
                """
                FILE:13:7: unknown key `intervall` in `meter-1`; did you mean `interval`?
                 13 |       intervall: 5s
                    |       ^
                """ + unwritten),
            .init(
                "set meter-2 unit-id=3", 1,
                "armadio: there is no device, bus, uplink or key `meter-2`; did you mean `meter-1`?"
            ),
            .init(
                "set device meter-2 unit-id=3", 1,
                "armadio: there is no device `meter-2`; did you mean `meter-1`?"),
            .init(
                "set uplinks.home keep-alive=30s", 1,
                "armadio: there is no uplink `home`; `armadio add uplink home` adds it"),
            .init(
                "set meter-1/volage interval=5s", 1,
                "armadio: there is no point `volage` in `meter-1`; did you mean `voltage`?"),
            .init(
                "set meter-1/cosphi interval=5s", 1,
                "armadio: there is no point `cosphi` in `meter-1`; "
                    + "`armadio add point meter-1/cosphi` adds it"),
            .init(
                "set telemtry.interval 5s", 1,
                "armadio: there is no device, bus, uplink or key `telemtry.interval`; "
                    + "did you mean `telemetry`?"),
            .init(
                "set meter-1 5", 1,
                "armadio: `meter-1` is a group; write KEY=VALUE, such as interval=5s"),
            .init(
                "set meter-1 unit-id=5 6", 1,
                "armadio: `6` is not KEY=VALUE, such as interval=5s"),
            .init(
                "add point meter-2/u input=0", 1,
                "armadio: there is no device `meter-2`; did you mean `meter-1`?"),
            .init(
                "add point voltage input=0", 1,
                "armadio: `voltage` is no point; write DEVICE/POINT, such as meter-1/voltage"),
            .init(
                "add device meter-1 driver=exec", 1,
                "FILE:5:4: `devices.meter-1` is there already; change it with `set`"),
            .init(
                "add uplink uplink broker=mqtt://x", 1,
                "FILE:22:1: `uplink` is there already; change it with `set`"),
            .init(
                "add bus line modbus-tcp={host:_a", 1,
                "armadio: the value of `modbus-tcp`: a `{` is not closed, or a comma is missing; "
                    + "put a comma between the entries and a `}` at the end, or quotes around a "
                    + "value that has brackets or commas in it"),
            .init(
                "remove bus plc", 1,
                "armadio: the bus `plc` is used by meter-1, relay-1; remove or move them first"),
            .init(
                "remove relay-2", 1,
                "armadio: there is no device, bus, uplink or key `relay-2`; did you mean `relay-1`?"
            ),
            .init(
                "remove meter-1/enrgy", 1,
                "FILE:10:10: there is no `devices.meter-1.points.enrgy`; did you mean `energy`?"),
            .init(
                "remove gateway", 2,
                "FILE:2:1: `gateway` is missing in the configuration; add `gateway: ...`\n 2 | devices:          "
                    + "# the devices come first here\n   | ^" + unwritten),
            .init(
                "set uplink password=hunter2", 1,
                "armadio: a secret on the command line can be read by every user and stays in the "
                    + "shell's history; write it to a file with mode 600 and name that: "
                    + "password='{file: /etc/armadio/secrets/NAME}'"),
        ]
    }

    /// A mistake writes nothing and says where.
    @Test(arguments: Refusal.all) func mistakesWriteNothing(_ refusal: Refusal) async throws {
        let scene = try Scene()
        let outcome = try await TestProcess(armadio: refusal.words + ["-c", scene.path]).run()
        #expect(outcome.code == refusal.code)
        #expect(outcome.output == "")
        #expect(outcome.errors == refusal.said.replacing("FILE", with: scene.path) + "\n")
        #expect(try scene.text == Self.file)
        #expect(try scene.folder.contents == ["cabinet.yaml"])
    }

    @Test func whatIsSoAlreadyIsNotWritten() async throws {
        let scene = try Scene()
        let outcome = try await scene.edit("set", "meter-1", "unit-id=1")
        #expect(outcome.code == 0)
        #expect(outcome.output == "\(scene.path): nothing to change\n")
    }

    @Test func aFileThatIsNotThereIsNotMade() async throws {
        let folder = try TestFolder()
        let path = folder.path("cabinet.yaml")
        let outcome = try await armadio("set", "gateway", "a", "-c", path)
        #expect(outcome.code == 2)
        #expect(outcome.errors == "\(path):1:1: the file does not exist; check the name\n")
        #expect(try folder.contents == [])
    }

    @Test(arguments: [["--apply", "--dry-run"], ["--confirm-within", "5m"]])
    func optionsThatContradict(_ options: [String]) async throws {
        let scene = try Scene()
        let outcome = try await TestProcess(
            armadio: ["set", "meter-1", "unit-id=5", "-c", scene.path] + options
        ).run()
        #expect(outcome.code == 64)
        #expect(try scene.text == Self.file)
    }

    /// Mode, owner and group stay, and a link to the file stays a link.
    @Test func modeOwnerAndLinkStay() async throws {
        let scene = try Scene()
        try await scene.folder.run(
            "mkdir real; mv cabinet.yaml real/a.yaml; ln -s real/a.yaml cabinet.yaml")
        let real = scene.folder.path("real/a.yaml")
        let isRoot = geteuid() == 0
        if isRoot { try #require(chown(real, 1234, 5678) == 0) }
        try #require(chmod(real, 0o640) == 0)
        let outcome = try await scene.edit("set", "meter-1", "unit-id=5")
        #expect(outcome.code == 0, "\(outcome.errors)")
        var status = stat()
        try #require(lstat(scene.path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
        try #require(lstat(real, &status) == 0)
        #expect(status.st_mode == S_IFREG | 0o640)
        if isRoot { #expect((status.st_uid, status.st_gid) == (1234, 5678)) }
        let expected = Self.file.replacing("unit-id: 1\n", with: "unit-id: 5\n")
        #expect(try scene.text == expected)
    }

    /// Twelve commands at once: each that says that it has written has, and each that came too late
    /// says so, and can be done again.
    @Test func editsAtOnceLoseNothing() async throws {
        let scene = try Scene()
        let path = scene.path
        let outcomes = try await withThrowingTaskGroup(
            of: (Int, TestProcess.Outcome).self, returning: [Int: TestProcess.Outcome].self
        ) { group in
            for number in 0..<12 {
                group.addTask {
                    let words = ["add", "point", "meter-1/p\(number)", "input=\(number)"]
                    return (number, try await TestProcess(armadio: words + ["-c", path]).run())
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let text = try scene.text
        for (number, outcome) in outcomes {
            let isThere = text.contains("p\(number): {input: \(number)}\n")
            #expect(isThere == (outcome.code == 0))
            guard outcome.code != 0 else { continue }
            #expect(outcome.code == 1)
            #expect(
                outcome.errors
                    == "armadio: \(path) was changed meanwhile and nothing was written; do it again\n"
            )
            #expect(try await scene.edit("add", "point", "meter-1/p\(number)", "input=1").code == 0)
        }
        #expect(outcomes.values.contains { $0.code == 0 })
        #expect(try await armadio("check", "-c", path).output.contains("15 points"))
        #expect(try scene.folder.contents == ["cabinet.yaml"])
    }
}
