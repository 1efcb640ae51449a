import TestSupport
import Testing

/// `armadio scan serial`, on a folder that looks like the system's.
@Suite struct ScanSerialTests {
    private let folder: TestFolder

    init() async throws {
        folder = try TestFolder()
        try await folder.run(
            """
            port=sys/devices/usb1/1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0
            mkdir -p $port sys/class/tty dev/armadio proc/7/fd
            ln -s ../../.. $port/device; ln -sr $port sys/class/tty/ttyUSB0
            echo 1a86 >sys/devices/usb1/1-1/idVendor; echo 7523 >sys/devices/usb1/1-1/idProduct
            touch dev/ttyUSB0; ln -s ../ttyUSB0 dev/armadio/rs485-1
            """)
        try folder.write(
            "boards/ours.yaml",
            """
            board: ours
            title: ours
            source: [ours]
            serial:
              rs485-1: {path: /dev/armadio/rs485-1}

            """)
        try folder.write("cabinet.yaml", "board: ours\n")
    }

    private func scan(_ options: String...) async throws -> TestProcess.Outcome {
        let options = ["--root", folder.path, "--boards", folder.path("boards")] + options
        return try await TestProcess(
            armadio: ["scan", "serial", "-c", folder.path("cabinet.yaml")] + options
        ).run()
    }

    @Test func portsAreListedWithTheNextCommand() async throws {
        let outcome = try await scan()
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(
            outcome.output == """
                PORT          BOARD    WHAT           OPEN BY  LASTING NAMES
                /dev/ttyUSB0  rs485-1  USB 1a86:7523           /dev/armadio/rs485-1

                What is connected: armadio scan modbus /dev/armadio/rs485-1

                """)
    }

    @Test func whoHasAPortIsTold() async throws {
        try await folder.run("ln -s /dev/ttyUSB0 proc/7/fd/3; echo mbpoll >proc/7/comm")
        let outcome = try await scan("--json")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("\"mbpoll (7)\""))
        #expect(outcome.output.contains("\"board\" : \"rs485-1\""))
        #expect(!(try await scan().output.contains("scan modbus")))
    }

    @Test func programsThatCannotBeSeenAreSpokenOf() async throws {
        try await folder.run("rmdir proc/7/fd")
        let outcome = try await scan()
        #expect(outcome.code == 0)
        #expect(
            outcome.errors == "armadio: programs of other users are not seen; root sees them\n")
    }
}
