import TestSupport
import Testing

/// What Tab offers, in a real bash.
@Suite struct CompletionTests {
    private static let configuration = """
        gateway: cabinet-0042
        uplink: {broker: "mqtt://127.0.0.1:1"}
        buses:
          plc: {modbus-tcp: {host: 127.0.0.1}}
          serial: {modbus-rtu-tcp: {host: 127.0.0.1}}
          board: {i2c: {path: /dev/i2c-1}}
        devices:
          meter-1: {profile: eastron-sdm120, bus: plc, unit-id: 1}
          relay-1:
            driver: register-map
            bus: plc
            unit-id: 2
            points:
              lamp: {coil: 0, writable: true}
              state: {coil: 1}
          "bad; name": {driver: register-map}
        """

    /// Completes the last of these words as bash does at the press of Tab.
    private func offer(_ words: String..., in folder: TestFolder) async throws -> [String] {
        try await offer(words, in: folder)
    }

    private func offer(_ words: [String], in folder: TestFolder) async throws -> [String] {
        try folder.write(
            "tab.bash",
            """
            armadio() { '\(try TestProcess.armadio)' "$@"; }
            source <(armadio completions bash)
            COMP_WORDS=(armadio "$@")
            COMP_CWORD=$#
            COMP_LINE="armadio $*"
            COMP_POINT=${#COMP_LINE}
            _armadio armadio "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            for word in "${COMPREPLY[@]}"; do echo "$word"; done
            """)
        let shell = TestProcess(
            ["env", "--chdir=\(folder.path)", "bash", "--norc", "tab.bash"] + words)
        let outcome = try await shell.run()
        #expect(outcome.errors == "" && outcome.code == 0)
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private func cabinet(_ text: String = configuration) throws -> TestFolder {
        let folder = try TestFolder()
        try folder.write("cabinet.yaml", text)
        return folder
    }

    @Test func devicesAndPointsOfTheConfigurationAreOffered() async throws {
        let folder = try cabinet()
        let all = try await offer("read", "--config", "cabinet.yaml", "", in: folder)
        #expect(all.starts(with: ["meter-1", "relay-1"]))
        #expect(all.contains("relay-1/state") && all.contains("meter-1/voltage"))
        #expect(
            try await offer("read", "-c", "cabinet.yaml", "relay-1/l", in: folder)
                == ["relay-1/lamp"])
    }

    @Test func onlyPointsThatCanBeSetAreOfferedToWrite() async throws {
        let folder = try cabinet()
        #expect(
            try await offer("write", "--config", "cabinet.yaml", "", in: folder)
                == ["relay-1/lamp"])
    }

    @Test func busesAreOfferedByTheirKind() async throws {
        let folder = try cabinet()
        for command in [["scan", "modbus"], ["decode"]] {
            let words = command + ["-c", "cabinet.yaml", ""]
            #expect(try await offer(words, in: folder) == ["plc", "serial"])
        }
        #expect(try await offer("scan", "i2c", "-c", "cabinet.yaml", "", in: folder) == ["board"])
    }

    @Test func profilesBoardsAndCommandsAreOfferedWithoutAConfiguration() async throws {
        let folder = try TestFolder()
        let boards = try await offer("board", "show", "raspberry-pi-4", in: folder)
        #expect(boards == ["raspberry-pi-4b"])
        let profiles = try await offer("profile", "show", "eastron-sdm1", in: folder)
        #expect(profiles == ["eastron-sdm120"])
        #expect(try await offer("stat", in: folder) == ["status"])
    }

    /// Whatever is in the file, Tab neither fails nor says anything.
    @Test(arguments: ["", "devices: [", "devices: 7", "\u{0}\u{1}", "devices: {a: {points: 3}}"])
    func aFileWithProblemsIsPassedOver(_ text: String) async throws {
        let folder = try cabinet(text)
        let offered = try await offer("read", "-c", "cabinet.yaml", "x", in: folder)
        #expect(offered.isEmpty)
        #expect(try await offer("read", "-c", "nothing.yaml", "", in: folder).isEmpty)
        #expect(try await offer("read", "-c", "/dev/zero", "", in: folder).isEmpty)
    }

    @Test func aLongListEnds() async throws {
        let devices = (0..<2000).map {
            "  meter-\($0): {driver: register-map, points: {a: {}, b: {}}}"
        }
        let folder = try cabinet("devices:\n" + devices.joined(separator: "\n") + "\n")
        let offered = try await offer("read", "-c", "cabinet.yaml", "", in: folder)
        #expect(offered.count == 200)
        let last = try await offer("read", "-c", "cabinet.yaml", "meter-1999/", in: folder)
        #expect(last == ["meter-1999/a", "meter-1999/b"])
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func theScriptIsFitForItsShell(_ shell: String) async throws {
        let folder = try TestFolder()
        let script = try await armadio("completions", shell)
        #expect(script.code == 0 && script.output.contains("armadio"))
        try folder.write("script", script.output)
        let outcome = try await TestProcess([shell, "-n", folder.path("script")]).run()
        #expect(outcome.code == 0 && outcome.errors == "")
    }
}
