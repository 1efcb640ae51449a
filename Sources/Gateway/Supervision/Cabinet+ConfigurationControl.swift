import Telemetry

/// What the control socket asks about the configuration.
extension Cabinet {
    func configure(_ request: ControlRequest, _ peer: ControlPeer) async -> ControlResponse {
        guard let keeper else {
            return ControlResponse(error: "this gateway has no configuration file")
        }
        let origin = "\(peer.userName) at the cabinet"
        let within = request.within.map { Duration.seconds(min(max(0, $0), 86_400)) }
        switch ControlCommand(rawValue: request.command) {
        case .configApply:
            guard let hash = request.hash else {
                return ControlResponse(error: "`config-apply` needs the `hash` of the file")
            }
            return answer(await keeper.applyFile(hash, within: within, origin: origin))
        case .configRollback:
            return answer(
                await keeper.rollBack(to: request.number, within: within, origin: origin))
        case .configConfirm: return answer(await keeper.confirmTrial(origin: origin))
        case .configHistory: return await history(keeper)
        default: return await text(request.number, keeper)
        }
    }

    private func answer(_ outcome: ConfigurationOutcome) -> ControlResponse {
        ControlResponse(configuration: ConfigurationAnswer(outcome))
    }

    private func history(_ keeper: ConfigurationKeeper) async -> ControlResponse {
        do throws(ConfigurationStore.Failure) {
            return ControlResponse(versions: try await keeper.report)
        } catch {
            return ControlResponse(error: "\(error)")
        }
    }

    private func text(_ number: Int?, _ keeper: ConfigurationKeeper) async -> ControlResponse {
        do throws(ConfigurationStore.Failure) {
            guard let text = try await keeper.text(of: number) else {
                return ControlResponse(
                    error: "there is no version \(number ?? 0), or its text is damaged")
            }
            return ControlResponse(text: String(decoding: text, as: UTF8.self))
        } catch {
            return ControlResponse(error: "\(error)")
        }
    }
}
