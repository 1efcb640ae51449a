import Telemetry

/// What the control socket asks about the configuration.
extension Cabinet {
    func configure(_ request: ControlRequest, _ peer: ControlPeer) async -> ControlResponse {
        guard let keeper else {
            return ControlResponse(error: "this gateway has no configuration file")
        }
        let origin = "\(peer.userName) at the cabinet"
        let within = request.within.map { Duration.seconds(min(max(0, $0), 86_400)) }
        switch request.command {
        case "config-apply":
            guard let hash = request.hash else {
                return ControlResponse(error: "`config-apply` needs the `hash` of the file")
            }
            return answer(await keeper.applyFile(hash, within: within, origin: origin))
        case "config-rollback":
            return answer(
                await keeper.rollBack(to: request.number, within: within, origin: origin))
        case "config-confirm": return answer(await keeper.confirmTrial(origin: origin))
        case "config-history", "config-text": return await tell(request, keeper)
        default:
            return ControlResponse(
                error: "unknown command `\(request.command.prefix(80))`; try `config-apply`, "
                    + "`config-confirm`, `config-rollback`, `config-history` or `config-text`")
        }
    }

    private func answer(_ outcome: ConfigurationOutcome) -> ControlResponse {
        ControlResponse(configuration: ConfigurationAnswer(outcome))
    }

    private func tell(
        _ request: ControlRequest, _ keeper: ConfigurationKeeper
    ) async -> ControlResponse {
        do throws(ConfigurationStore.Failure) {
            if request.command == "config-history" {
                return ControlResponse(versions: try await keeper.report)
            }
            guard let text = try await keeper.text(of: request.number) else {
                return ControlResponse(
                    error: "there is no version \(request.number ?? 0), or its text is damaged")
            }
            return ControlResponse(text: String(decoding: text, as: UTF8.self))
        } catch {
            return ControlResponse(error: "\(error)")
        }
    }
}
