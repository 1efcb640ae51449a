import ArgumentParser
import Console
import Technician

/// `armadio doctor`: what is wrong with this cabinet, and what to do?
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong, and say what to do.",
        discussion: """
            Looks at the configuration, permissions, the kernel, the buses' wiring, the clock, \
            the disk, the network and the system, with a gateway that runs or without. Nothing is \
            changed; brokers are logged in to under a client id of its own. What this user may \
            not look at is said.

            ! does not work, * works and needs a look, - is worth knowing; with -v also + what is \
            well. The exit code is 1 if something does not work.

            Examples:
              armadio doctor
              armadio doctor --only network -v
              armadio doctor --json
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(
        help: ArgumentHelp(
            "Look at one area alone.", valueName: "area"))
    var only: DoctorArea?
    @Flag(help: "Publish a test message to armadio/GATEWAY/doctor on each uplink.")
    var publishTest = false
    @Flag(name: .shortAndLong, help: "Name what is well, too.")
    var verbose = false
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let diagnosis = await CabinetDoctor(file: file, isPublishing: publishTest)
            .diagnosis(of: only.map { [$0] } ?? Set(DoctorArea.allCases))
        if json {
            say(try Console.json(diagnosis))
        } else {
            let style = FindingText(
                columns: TerminalSize.output?.columns, isColourful: isColourful)
            say(diagnosis.text(style, isVerbose: verbose))
        }
        if diagnosis.hasProblems { throw Exit.failed }
    }
}

extension DoctorArea: ExpressibleByArgument {}
