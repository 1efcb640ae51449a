import Gateway
import Platform

/// What was written brought into use by a gateway that runs: on trial, so that one that cuts the
/// uplink is taken back, by the gateway itself if need be.
extension SetupWizard {
    /// Whether it is in use for good and all arrives.
    func applyToGateway() async -> Bool {
        let answer: ConfigurationAnswer
        do throws(ControlClient.Failure) {
            answer = try ControlClient.applyConfiguration(
                SHA256.hex(of: Array(draft.text(paths).utf8)), within: confirmWithin,
                socket: paths.control)
        } catch {
            interview.tell(SetupTexts.broken("\(error)"))
            return false
        }
        for line in TrialWatch.words(answer, file: paths.configuration) {
            interview.tell("  " + line)
        }
        switch answer.state {
        case "refused": return false
        case "applied": return await decide(answer)
        default: return await delivers()
        }
    }

    /// A silent device is no reason to take it back: it can be mended from afar as long as the uplink
    /// is there.
    private func decide(_ answer: ConfigurationAnswer) async -> Bool {
        // The rest of the time is for the confirmation.
        let outcome = await proof(within: confirmWithin * 4 / 5)
        if outcome != .undelivered {
            do throws(ControlClient.Failure) {
                _ = try ControlClient.confirmConfiguration(socket: paths.control)
            } catch {
                interview.tell(SetupTexts.broken("\(error)"))
            }
        }
        let voice = TrialWatch.Voice(
            say: { self.interview.tell("  " + $0) },
            isPerson: interview.source.isPerson && outcome == .undelivered)
        let end = TrialWatch(
            answer: answer, file: paths.configuration, socket: paths.control, voice: voice
        ).run()
        if end.outcome == .takenBack {
            failure = SetupTexts.takenBack
            draft.open.append(SetupTexts.onceMore)
        }
        return end.outcome == .inUse && outcome == .proven
    }

    func proof(within patience: Duration = DeliveryProof.patience) async -> DeliveryProof.Outcome {
        await DeliveryProof(
            socket: paths.control, clock: environment.clock, patience: patience
        ).run { interview.tell($0) }
    }
}
