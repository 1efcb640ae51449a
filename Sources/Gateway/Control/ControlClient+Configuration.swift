import Telemetry

extension ControlClient {
    /// Lets the daemon bring its configuration file into use.
    ///
    /// - Parameters:
    ///   - hash: The SHA-256 of the file's text.
    ///   - within: How long it is tried; nil for no trial.
    public static func applyConfiguration(
        _ hash: String, within: Duration?, socket path: String
    ) throws(Failure) -> ConfigurationAnswer {
        var request = ControlRequest(.configApply)
        (request.hash, request.within) = (hash, within?.seconds)
        return try answer(request, path)
    }

    /// Lets the daemon bring an earlier version into use.
    public static func rollBackConfiguration(
        to number: Int?, within: Duration?, socket path: String
    ) throws(Failure) -> ConfigurationAnswer {
        var request = ControlRequest(.configRollback)
        (request.number, request.within) = (number, within?.seconds)
        return try answer(request, path)
    }

    /// Confirms the configuration that is tried.
    public static func confirmConfiguration(
        socket path: String
    ) throws(Failure) -> ConfigurationAnswer {
        try answer(ControlRequest(.configConfirm), path)
    }

    /// The configurations that were, and how it is with the one in use.
    public static func configurations(
        socket path: String
    ) throws(Failure) -> ConfigurationHistory {
        guard
            let versions = try request(ControlRequest(.configHistory), socket: path)
                .versions
        else { throw .broken("the answer has no versions") }
        return versions
    }

    /// The text of a version; of the one in use without a number.
    public static func configurationText(
        _ number: Int? = nil, socket path: String
    ) throws(Failure) -> String {
        var request = ControlRequest(.configText)
        request.number = number
        guard let text = try self.request(request, socket: path).text else {
            throw .broken("the answer has no text")
        }
        return text
    }

    private static func answer(
        _ request: ControlRequest, _ path: String
    ) throws(Failure) -> ConfigurationAnswer {
        guard let answer = try self.request(request, socket: path).configuration else {
            throw .broken("the answer does not say what became of it")
        }
        return answer
    }
}
