import ArgumentParser
import Console
import Gateway

/// Where the gateway is asked.
struct SocketOption: ParsableArguments {
    @Option(help: ArgumentHelp("The control socket, if not the configured one.", valueName: "path"))
    var socket: String?

    /// The gateway's answer; complains if there is none.
    func ask<Answer>(
        _ file: ConfigurationOption, _ body: (String) throws(ControlClient.Failure) -> Answer
    ) throws -> Answer {
        do throws(ControlClient.Failure) {
            return try body(socket ?? file.controlSocket())
        } catch {
            complain("\(error)")
            throw error.exitCode
        }
    }
}

extension ControlClient.Failure {
    /// With what a command ends that has come to this.
    var exitCode: ExitCode {
        if case .refused = self { return Exit.failed }
        return Exit.notRunning
    }
}
