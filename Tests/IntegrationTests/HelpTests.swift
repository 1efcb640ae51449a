import Glibc
import TestSupport
import Testing

/// Every example of `armadio help` does what it says.
@Suite struct HelpTests {
    /// The commands that have no commands of their own, as the help lists them.
    private func commands(below parents: [String] = []) async throws -> [[String]] {
        let help = try await TestProcess(armadio: ["help"] + parents).run().output
        guard let list = help.split(separator: "SUBCOMMANDS:\n").dropFirst().first else {
            return [parents]
        }
        var commands: [[String]] = []
        for line in list.split(separator: "\n", omittingEmptySubsequences: false) {
            guard let name = line.wholeMatch(of: #/  (\w+) .*/#)?.1 else { break }
            commands += try await self.commands(below: parents + [String(name)])
        }
        return commands
    }

    private func examples(of command: [String]) async throws -> [String] {
        let help = try await TestProcess(armadio: ["help"] + command).run()
        #expect(help.code == 0)
        let lines = help.output.split(separator: "\n")
        return lines.compactMap {
            $0.wholeMatch(of: /(?:Example:|  ) ?(armadio .*)/).map { String($0.1) }
        }
    }

    @Test func everyExampleWorks() async throws {
        let commands = try await commands()
        #expect(commands.contains(["simulate", "modbus"]) && commands.contains(["run"]))
        let shell = try await ExampleShell()
        try await withThrowingTaskGroup { group in
            for command in commands {
                let examples = try await examples(of: command)
                #expect(!examples.isEmpty, "\(command) has no example")
                for example in examples {
                    group.addTask { try await shell.expectSuccess(of: example) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// `--help`, `-h` and `help` say the same, and each shows how the command is used.
    @Test func helpIsThereUnderEachOfItsNames() async throws {
        for command in try await commands() {
            let help = try await TestProcess(armadio: ["help"] + command).run().output
            #expect(help.contains("USAGE: armadio \(command.joined(separator: " "))"))
            for flag in ["--help", "-h"] {
                let outcome = try await TestProcess(armadio: command + [flag]).run()
                #expect(outcome.code == 0)
                #expect(outcome.output == help)
            }
        }
    }

    @Test func exitCodesAreDocumented() async throws {
        let help = try await armadio("--help").output.replacing("\n", with: " ")
        for code in [
            "0 done", "1 the", "2 the configuration", "3 no gateway", "4 a device", "64 the",
        ] {
            #expect(help.contains(code))
        }
    }
}
