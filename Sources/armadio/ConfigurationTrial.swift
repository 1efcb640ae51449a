import ArgumentParser
import Console
import Gateway
import Glibc
import Platform
import Settings
import Technician
import Telemetry

/// Whether a command waits for how a change ends.
struct WaitOption: ParsableArguments {
    @OptionGroup var socket: SocketOption
    @Flag(help: "Do not wait until the uplinks are up again, or the trial has ended.")
    var noWait = false
    @Flag(help: "Print JSON.")
    var json = false
}

/// Whether and how long a configuration is tried.
struct TrialOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Take it back unless it is confirmed within this time, 5s to 1h.", valueName: "time"),
        transform: { text in
            do throws(TextScalarError) {
                return try Duration(text: text)
            } catch {
                throw ValidationError("\(error)")
            }
        })
    var confirmWithin: Duration?
    @OptionGroup var wait: WaitOption
}

/// A configuration brought into use by the running gateway, and what comes of it.
struct ConfigurationTrial {
    private let file: ConfigurationOption
    private let within: Duration?
    private let wait: WaitOption

    init(file: ConfigurationOption, trial: TrialOption) {
        (self.file, within, wait) = (file, trial.confirmWithin, trial.wait)
    }

    init(file: ConfigurationOption, wait: WaitOption) {
        (self.file, within, self.wait) = (file, nil, wait)
    }

    /// Brings the file, which has this text, into use.
    func apply(_ text: [UInt8]) throws {
        let hash = SHA256.hex(of: text)
        try finish(saysWhen: true) { (path) throws(ControlClient.Failure) in
            try ControlClient.applyConfiguration(hash, within: within, socket: path)
        }
    }

    func rollBack(to number: Int?) throws {
        try finish { (path) throws(ControlClient.Failure) in
            try ControlClient.rollBackConfiguration(to: number, within: within, socket: path)
        }
    }

    func confirm() throws {
        try finish { (path) throws(ControlClient.Failure) in
            try ControlClient.confirmConfiguration(socket: path)
        }
    }

    /// Asks, and follows what was asked for to its end. Without a gateway, `saysWhen` the file is
    /// in use.
    private func finish(
        saysWhen: Bool = false,
        _ request: (String) throws(ControlClient.Failure) -> ConfigurationAnswer
    ) throws {
        let path = wait.socket.socket ?? file.quietControlSocket()
        let answer: ConfigurationAnswer
        do throws(ControlClient.Failure) {
            answer = try request(path)
        } catch {
            complain("\(error)")
            guard error.isAbsence else { throw Exit.failed }
            if saysWhen { complain("\(file.path) is in use when one starts") }
            throw Exit.notRunning
        }
        guard !wait.json || answer.state == "refused" || wait.noWait else {
            try follow(answer, path, TrialWatch.Voice(say: { _ in }))
            return
        }
        try tell(answer)
        if !wait.noWait { try follow(answer, path, voice) }
    }

    private func tell(_ answer: ConfigurationAnswer) throws {
        if wait.json {
            say(try Console.json(answer))
        } else {
            let isGood = answer.state != "refused"
            for line in TrialWatch.words(answer, file: file.path) {
                isGood ? say(line) : complainPlainly(line)
            }
        }
        guard answer.state == "refused" else { return }
        throw answer.problems.isEmpty ? Exit.failed : Exit.badConfiguration
    }

    private func follow(
        _ answer: ConfigurationAnswer, _ path: String, _ voice: TrialWatch.Voice
    ) throws {
        let watch = TrialWatch(answer: answer, file: file.path, socket: path, voice: voice)
        let end = watch.run()
        if wait.json { say(try Console.json(end)) }
        switch end.outcome {
        case .inUse: return
        case .left: throw ExitCode(130)
        case .takenBack, .linkDown: throw Exit.failed
        case .gatewayGone: throw Exit.notRunning
        }
    }

    private var voice: TrialWatch.Voice {
        let isPerson = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        return TrialWatch.Voice(say: { say($0) }, isPerson: isPerson)
    }
}
