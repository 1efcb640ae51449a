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
            if line.hasPrefix("   ") { continue }  // The rest of a long abstract.
            guard let name = line.wholeMatch(of: #/  ([\w-]+)( .*)?/#)?.1 else { break }
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

    /// A command as `--experimental-dump-help` describes it.
    private struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable { var name: String }
            var names: [Name]?
        }

        var commandName: String
        var superCommands: [String]?
        var abstract: String?
        var discussion: String?
        var subcommands: [Command]?
        var arguments: [Argument]?

        var words: String {
            ((superCommands ?? []).dropFirst() + [commandName]).joined(separator: " ")
        }
        /// `receive run` is what `receive` does by itself.
        var asTyped: String { words == "receive run" ? "receive " : words }
        var isLeaf: Bool { subcommands?.isEmpty ?? true }
        var all: [Command] { [self] + (subcommands ?? []).flatMap(\.all) }
        var hasJSON: Bool {
            (arguments ?? []).contains { ($0.names ?? []).contains { $0.name == "json" } }
        }
    }

    private struct Dump: Decodable { var command: Command }

    /// The commands whose output is no list of facts, and what it is.
    private static let withoutJSON = [
        "setup": "questions and their answers, which a file can have",
        "run": "serves; `status --json` tells how it does",
        "scan modbus": "a configuration to paste",
        "profile show": "the profile's file", "profile new": "a file to begin with",
        "profile check": "a sentence, or problems as file:line:column",
        "profile import": "profiles' files",
        "journal verify": "a sentence, and the exit code",
        "journal export": "the platform's messages, JSON already",
        "journal rewind": "changes something, and says so",
        "simulate modbus": "serves", "demo": "a show",
        "completions": "a script", "man": "files",
    ]

    /// The whole tree, what is hidden too.
    @Test func everyCommandSaysWhatItDoesAndTakesJSONIfItPrintsFacts() async throws {
        let dump = try await armadio("--experimental-dump-help").output
        let root = try decode(Dump.self, from: dump).command
        let commands = root.all.filter { $0.commandName != "help" }
        #expect(commands.count > 30)
        for command in commands {
            let abstract = command.abstract ?? ""
            #expect(!abstract.isEmpty && abstract.count <= 80, "\(command.words): \(abstract)")
            guard command.isLeaf else { continue }
            let hasExample = command.discussion?.contains("armadio " + command.asTyped) ?? false
            #expect(hasExample, "\(command.words) has no example")
            let isExcused = Self.withoutJSON[command.words] != nil
            #expect(command.hasJSON != isExcused, "\(command.words) and --json")
        }
        let names = Set(commands.map(\.words))
        #expect(Self.withoutJSON.keys.allSatisfy(names.contains))
    }
}
