import ArgumentParser
import Boards
import Console
import Gateway
import Glibc
import LinuxBuses
import Settings
import Technician
import Telemetry
import Uplink

/// `armadio doctor`: what is wrong with this cabinet, and what to do?
struct DoctorCommand: AsyncParsableCommand {
    /// How long the running gateway may take to answer.
    private static let statusLimit = Duration.seconds(5)

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
        let doctor = Doctor(await patient().examinations(only: only))
        var display = WaitingLine()
        let diagnosis = await doctor.run { display.show($0) }
        display.clear()
        if json {
            say(try Console.json(diagnosis))
        } else {
            let style = FindingText(
                columns: TerminalSize.output?.columns, isColourful: isColourful)
            say(diagnosis.text(style, isVerbose: verbose))
        }
        if diagnosis.hasProblems { throw Exit.failed }
    }

    private func patient() async -> DoctorCase {
        let settings = SettingsFile(path: file.path)
        let socket = settings.root?["control"]?["socket"]?.text ?? ControlSettings().socket
        let cabinet = CabinetFacts(settings, socket: socket, check: file.check)
        let libraries = [(name: "libmosquitto", version: mosquittoVersion)] + busLibraries
        let versions = ProgramVersions(
            program: Armadio.version, libraries: libraries,
            board: BoardLibrary().detect(DeviceTree()))
        var patient = DoctorCase(cabinet: cabinet, status: nil, versions: versions)
        switch await Self.status(socket) {
        case .success(let status): patient.status = status
        case .failure(let failure) where failure.isAbsence: break
        case .failure(let failure): patient.silence = failure.description
        }
        patient.isPublishing = publishTest
        return patient
    }

    /// The control socket's client blocks.
    private static func status(
        _ socket: String
    ) async -> Result<StatusReport, ControlClient.Failure> {
        let answer = await Doctor.bounded(statusLimit) {
            Result { () throws(ControlClient.Failure) in
                try ControlClient.status(socket: socket)
            }
        }
        return answer ?? .failure(.broken("the gateway does not answer on \(socket)"))
    }
}

extension DoctorArea: ExpressibleByArgument {}

/// What is still waited for, on one line of a terminal's standard error, which goes again.
private struct WaitingLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var isShown = false

    /// Fits the smallest terminal.
    private static let columns = 78

    /// The first second is not worth a line.
    mutating func show(_ progress: Doctor.Progress) {
        guard isTerminal, progress.elapsed > .milliseconds(1900) else { return }
        isShown = true
        let left = timeSpan(progress.left.seconds)
        let names = progress.waitingFor.joined(separator: ", ")
        let text = "looking at \(names); at most \(left) more"
        writeError("\r\u{1B}[K" + text.prefix(Self.columns))
    }

    func clear() {
        if isShown { writeError("\r\u{1B}[K") }
    }
}
