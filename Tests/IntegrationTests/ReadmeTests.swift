import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// README.md: what it shows works, and what it names is there.
@Suite struct ReadmeTests {
    private let lines: [Substring]

    init() throws {
        let path = TestProcess.packageFolder + "/README.md"
        lines = try String(contentsOfFile: path, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The lines of a section, without its heading.
    private func section(_ heading: String) -> [Substring] {
        Array(lines.drop { $0 != "## " + heading }.dropFirst().prefix { !$0.hasPrefix("## ") })
    }

    /// The rows of a table, by the beginning of its first heading.
    private func table(_ heading: String) -> [[Substring]] {
        lines.drop { !$0.hasPrefix("| " + heading) }.dropFirst(2).prefix { $0.hasPrefix("|") }
            .map { $0.split(separator: "|") }
    }

    /// What stands in backticks.
    private func code(in line: Substring) -> [String] {
        line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }

    /// The example of a configuration, without its fence.
    private var configuration: String {
        lines.drop { $0 != "```yaml" }.dropFirst().prefix { $0 != "```" }
            .map { $0 + "\n" }.joined()
    }

    // MARK: Commands

    /// The rows of the table of commands, once with and once without what stands in brackets.
    @Test func everyCommandOfTheTableWorks() async throws {
        let shown = table("command |").flatMap { code(in: $0[0]) }
        #expect(shown.count >= 6)
        let commands = Set(
            shown.flatMap {
                [$0.replacing(/\ ?\[.*\]/, with: ""), $0.filter { $0 != "[" && $0 != "]" }]
            })
        let shell = try await ExampleShell()
        try await withThrowingTaskGroup { group in
            for command in commands {
                group.addTask { try await shell.expectSuccess(of: command) }
            }
            try await group.waitForAll()
        }
    }

    /// Commands for the developer: the programs are there and can be run, and what is built as the
    /// README says is what `Tests/run` builds.
    @Test func everyProgramOfTheRepositoryIsThere() async throws {
        let commands = (section("Try it") + section("Install on a board"))
            .filter { $0.hasPrefix("    ") }
            .flatMap { $0.split(separator: "&&") }
            .map { $0.trimmingPrefix { $0 == " " }.split(separator: " ").joined(separator: " ") }
        #expect(commands.contains("Tests/install") && commands.contains("Tests/run"))
        let programs = commands + lines.flatMap(code).filter { $0.hasPrefix("Tests/") }
        let all = try String(
            contentsOfFile: TestProcess.packageFolder + "/Tests/run", encoding: .utf8)
        for command in programs {
            let program = String(command.split(separator: " ")[0])
            let path = TestProcess.packageFolder + "/" + program
            switch program {
            case "swift" where command.hasPrefix("swift build"): #expect(all.contains(command))
            case "swift": #expect(command == "swift run -c release armadio demo")
            case _ where program.hasPrefix("Tests/"): #expect(access(path, X_OK) == 0, "\(command)")
            default: Issue.record("what is `\(command)`?")
            }
        }
    }

    // MARK: Configuration

    @Test func configurationIsFitForUse() async throws {
        let folder = try TestFolder()
        let path = try folder.write("cabinet.yaml", configuration)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.hasSuffix("gateway cabinet-0042, 1 bus, 1 device, 3 points\n"))
    }

    /// The message that the README shows is the one for its own configuration with that mistake.
    @Test func messageIsWhatCheckSays() async throws {
        let message = try #require(
            lines.first { $0.hasPrefix("    cabinet.yaml:") }
        ).drop { $0 == " " }
        let folder = try TestFolder()
        let text = configuration.replacing("bus: plc", with: "bus: plcc")
        let path = try folder.write("cabinet.yaml", text)
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 2)
        #expect(outcome.errors == "\(folder.path)/\(message)\n")
    }

    /// Each key of the table of points, where the table does not say it itself, as it is used.
    private static let uses = [
        "holding": "holding: 0", "input": "input: 0", "coil": "coil: 0", "discrete": "discrete: 0",
        "length": "holding: 0, type: string, length: 4", "scale": "holding: 0, scale: 0.1",
        "offset": "holding: 0, offset: -40", "unit": "holding: 0, unit: V",
        "interval": "holding: 0, interval: 5s", "deadband": "holding: 0, deadband: 1",
        "urgent": "holding: 0, urgent: true",
    ]

    @Test func everyOptionOfAPointIsTaken() async throws {
        var points: [String] = []
        for row in table("of a point") {
            let choices = code(in: row[1])
            switch code(in: row[0])[0] {
            case "type":
                points += choices.map {
                    "holding: 0, type: \($0)" + ($0 == "string" ? ", length: 4" : "")
                }
            case "order": points += choices.map { "holding: 0, type: uint32, order: \($0)" }
            default:
                points += try code(in: row[0]).map {
                    $0.contains(": ") ? "holding: 0, \($0)" : try #require(Self.uses[$0], "\($0)")
                }
            }
        }
        #expect(points.count >= 25)
        let text = points.enumerated().map { "      p\($0): {\($1)}\n" }.joined()
        let folder = try TestFolder()
        try TestGateway.write(
            to: folder, broker: 1, buses: ["plc": 502],
            devices: "  m:\n    driver: register-map\n    bus: plc\n    unit-id: 1\n"
                + "    points:\n" + text)
        let outcome = try await armadio("check", "-c", folder.path("cabinet.yaml"))
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
    }

    @Test func everyOptionOfALineIsTaken() async throws {
        let options = table("of a point on a GPIO line").flatMap { code(in: $0[0]) }
            .filter { $0 != "line" }
        #expect(options.count >= 7)
        let points = options.enumerated().map { "      p\($0): {line: l\($0), \($1)}\n" }
        let folder = try TestFolder()
        let path = try folder.write(
            "cabinet.yaml",
            "gateway: x\nuplink: {broker: \"mqtt://x\"}\ndevices:\n  street:\n"
                + "    driver: gpio\n    points:\n" + points.joined())
        let outcome = try await armadio("check", "-c", path)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    /// What the reference says that a key is unless given can be given.
    @Test func everyDefaultOfTheReferenceIsTaken() async throws {
        let path = TestProcess.packageFolder + "/Sources/Settings/configuration.md"
        let sections = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n## `")
        let folder = try TestFolder()
        var count = 0
        for section in sections {
            let title = section.prefix { $0 != "`" }.dropLast()
            let defaults = section.matches(of: /\n\| `([^`]+)` \|.*`([^`]+)` unless given\. \|/)
                .map { "\($0.1): \($0.2)" }
            guard !defaults.isEmpty, !title.contains("NAME"), !title.contains("driver") else {
                continue
            }
            count += defaults.count
            let needed = title == "power-fail" ? ["line: x"] : []
            let keys = title.split(separator: " ")
            let value = keys.dropFirst().reversed()
                .reduce((defaults + needed).joined(separator: ", ")) { "\($1): {\($0)}" }
            let text =
                keys[0] == "uplink"
                ? "uplink: {broker: \"mqtt://x\", \(value)}\n"
                : "uplink: {broker: \"mqtt://x\"}\n\(keys[0]): {\(value)}\n"
            let path = try folder.write("cabinet.yaml", "gateway: x\n" + text)
            let outcome = try await armadio("check", "-c", path)
            #expect(outcome.code == 0, "\(text): \(outcome.errors)")
        }
        #expect(count >= 12)
    }

    // MARK: Design

    @Test func everyTargetOfTheTableIsThere() throws {
        let targets = table("target |").flatMap { code(in: $0[0]) }
        #expect(targets.count >= 9)
        for target in targets {
            let path = TestProcess.packageFolder + "/Sources/" + target
            #expect(access(path, R_OK) == 0, "\(target)")
        }
    }
}
