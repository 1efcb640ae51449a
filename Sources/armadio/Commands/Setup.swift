import ArgumentParser
import Boards
import Buses
import Console
import Drivers
import Glibc
import LinuxBuses
import Platform
import Settings
import Technician
import Telemetry

/// `armadio setup`: from nothing to a working cabinet.
struct Setup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set the cabinet up, step by step.",
        discussion: """
            Asks for board and name, finds buses and devices, shows each device's values, tries the \
            broker with a test message, writes the configuration and waits until readings arrive. \
            b goes back a step, r repeats it, q leaves; nothing is written before the seventh step.

            `armadio setup` alone is for a terminal. Where none is, --answers FILE answers. Its keys: board, site, buses, units, \
            devices: {BUS/UNIT: {profile, name, right, order}}, or driver for chips, lines, \
            line-points: {LINE: {name, contact, right}}, uplink: {broker, ca, username, password, \
            session, failed}, write, start: apply (a gateway runs: it tries what is new), try, \
            service, wait or no. A list answers a question that comes more than once. \
            --save-answers writes such a file.

            Examples:
              armadio setup --answers answers.yaml --save-answers site.yaml
              armadio setup --verify
            """)

    @OptionGroup var file: ConfigurationOption
    @OptionGroup var boards: BoardsOption
    @Option(help: ArgumentHelp("Answer from a file instead of asking.", valueName: "file"))
    var answers: String?
    @Option(
        help: ArgumentHelp("Write the answers to a file, without secrets.", valueName: "file"))
    var saveAnswers: String?
    @Flag(help: "Replace a configuration that is there; it is kept.")
    var replace = false
    @Flag(help: "Only wait until a running gateway has delivered.")
    var verify = false
    @Option(
        help: ArgumentHelp(
            "How long a running gateway tries the new configuration before it takes it back.",
            valueName: "time"))
    var confirmWithin = DurationArgument(DeliveryProof.patience)
    @Option(
        help: ArgumentHelp("The journal's folder, if not the usual one.", valueName: "folder"))
    var journal: String?
    @Option(help: ArgumentHelp("The control socket, if not the usual one.", valueName: "path"))
    var socket: String?

    func validate() throws {
        guard RemoteConfigurationSettings.confirmLimits.contains(confirmWithin.duration) else {
            throw ValidationError("--confirm-within is 5s to 1h")
        }
    }

    func run() async throws {
        if verify { return try await prove() }
        guard answers != nil || (isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1) else {
            complain(
                "setup asks questions, and this is no terminal; write the answers into a file: "
                    + "armadio setup --answers FILE (`armadio help setup` lists them)")
            throw ExitCode(EX_USAGE)
        }
        signal(SIGPIPE, SIG_IGN)
        let setup = self
        // Questions block: they have a thread of their own.
        let code = await Task(executorPreference: ThreadExecutor(name: "setup")) {
            await setup.ask()
        }.value
        if code != ExitCode.success { throw code }
    }

    private func ask() async -> ExitCode {
        let source: any Answering
        do throws(SettingsProblems) {
            source =
                try answers.map { path throws(SettingsProblems) in
                    try ScriptedAnswers(path: path) { say($0) }
                } ?? TerminalAnswers()
        } catch {
            file.complain(error.problems)
            return Exit.badConfiguration
        }
        let wizard = SetupWizard(
            environment, answers: source,
            paths: SetupPaths(
                configuration: file.path, journal: journal, socket: socket,
                within: workingFolder),
            replaces: replace, confirmWithin: confirmWithin.duration)
        do throws(SetupFailure) {
            try await wizard.run()
            try save(wizard)
            return .success
        } catch {
            switch error {
            case .left(let words): say(words)
            case .answers(let reason):
                complain(reason)
                return Exit.badConfiguration
            case .failed(let reason): complain(reason)
            }
            return Exit.failed
        }
    }

    private func save(_ wizard: SetupWizard) throws(SetupFailure) {
        guard let saveAnswers else { return }
        do throws(SystemError) {
            try replaceSmallFile(saveAnswers, with: wizard.answersFile)
        } catch {
            throw .failed("\(error)")
        }
    }

    private func prove() async throws {
        let path = socket ?? file.quietControlSocket()
        let outcome = await Task(executorPreference: ThreadExecutor(name: "setup")) {
            await DeliveryProof(socket: path, clock: SystemClock()).run { say($0) }
        }.value
        if outcome != .proven { throw Exit.failed }
    }

    // MARK: What there is

    private var environment: SetupEnvironment {
        var environment = SetupEnvironment(
            hostName: hostName, buses: LinuxBusProvider(), clock: SystemClock())
        environment.boards = boards.library
        environment.profiles = file.profiles.library
        environment.detectedBoard = boards.detected
        environment.serialPorts = {
            SerialPorts().survey().ports.map { port in
                let adapter = port.adapter.map { [$0.vendor, $0.product].compactMap { $0 } }
                let words = (adapter ?? []).joined(separator: " ")
                return SetupEnvironment.Place(
                    path: port.path, title: words.isEmpty ? port.driver ?? "" : words,
                    name: port.name)
            }
        }
        environment.adapters = {
            I2CAdapters().all.map { adapter in
                SetupEnvironment.Place(
                    path: adapter.path, title: adapter.title ?? "", name: adapter.name)
            }
        }
        environment.scanChips = { await Self.chips($0) }
        environment.freeLines = { Self.freeLines($0) }
        return environment
    }

    private var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "" }
        defer { free(path) }
        return String(cString: path)
    }

    private var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(
            decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func chips(_ place: SetupEnvironment.Place) async -> I2CScanned {
        let adapters = I2CAdapters()
        let number = adapters.number(of: place.path)
        let bus = LinuxI2CBus(
            line: I2CLine(name: place.name, path: place.path, timeout: .milliseconds(100)))
        let scan = I2CBusScan(
            bus: bus, probe: { address throws(BusError) in try await bus.probe(address) },
            kernelChip: { address in number.flatMap { adapters.chip(at: address, of: $0) } })
        return await scan.run(
            I2CScanned(bus: place.name, path: place.path, title: place.title))
    }

    private static func freeLines(_ board: Boards.Board?) -> [GPIOProposal.Line] {
        let pins = PinNames(board)
        do throws(SystemError) {
            return GPIOReport.free(
                in: try GPIOSurvey.chips().map { chip in
                    let lines = chip.lines.map { line in
                        GPIOReport.Line(
                            line,
                            pin: pins.name(
                                chip: chip.label, offset: line.offset, line: line.name))
                    }
                    return GPIOReport(chip: chip.name, label: chip.label, lines: lines)
                })
        } catch {
            complain("\(error)")
            return []
        }
    }
}
