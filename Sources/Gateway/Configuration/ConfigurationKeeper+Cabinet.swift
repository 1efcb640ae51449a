import Platform
import Settings
import Telemetry

/// What somebody at the cabinet asks for: the file that he has changed brought into use, or an
/// earlier version.
///
/// The file is what is wanted, so nothing is sent: who may not write it cannot change the
/// configuration. Its text is in the history, and so is the one in use, before the file counts as
/// tried (`ConfigurationStore.begin`): a power cut before that leaves the changed file, which is in
/// use at the next start; one after that brings back what was in use.
extension ConfigurationKeeper {
    /// Brings the file into use.
    ///
    /// - Parameters:
    ///   - hash: The SHA-256 of the text that was looked at.
    ///   - within: How long it is tried; nil for no trial.
    func applyFile(
        _ hash: String, within: Duration?, origin: String
    ) async -> ConfigurationOutcome {
        guard await begin() else { return refused(origin, Self.busy) }
        defer { turns.pass() }
        do throws(ConfigurationStore.Failure) {
            guard let text = try store.current() else {
                return refused(origin, "\(store.name) does not exist")
            }
            guard SHA256.hex(of: text) == hash else {
                return refused(
                    origin,
                    "\(store.name), by which the gateway runs, has another text: it was "
                        + "changed meanwhile, or another file is meant")
            }
            return await bringIntoUse(text, within, origin, "")
        } catch {
            return refused(origin, "\(error)")
        }
    }

    /// Brings an earlier version into use, the last good one unless it is named. While one is tried,
    /// what was before it.
    func rollBack(
        to number: Int?, within: Duration?, origin: String
    ) async -> ConfigurationOutcome {
        guard await begin() else { return refused(origin, Self.busy) }
        defer { turns.pass() }
        if number == nil, trial != nil {
            let outcome = await takeBack(because: "rolled back by \(origin)")
            return outcome ?? refused(origin, "the file could not be put back yet")
        }
        do throws(ConfigurationStore.Failure) {
            guard let version = earlier(number) else {
                return refused(
                    origin,
                    (number.map { "there is no version \($0)" }
                        ?? "no other configuration was in use before")
                        + "; `armadio config history` lists them")
            }
            guard let text = try store.text(of: version) else {
                return refused(origin, "the text of version \(version.number) is damaged")
            }
            return await bringIntoUse(text, within, origin, "version \(version.number)")
        } catch {
            return refused(origin, "\(error)")
        }
    }

    private func earlier(_ number: Int?) -> ConfigurationVersion? {
        if let number { return store.history.first { $0.number == number } }
        return store.history.last {
            $0.hash != inUse && ($0.outcome == .used || $0.outcome == .confirmed)
        }
    }

    /// Confirms what is tried, whoever sent it.
    func confirmTrial(origin: String) async -> ConfigurationOutcome {
        guard let trial, trial.ended == nil else {
            return refused(origin, "no configuration is on trial")
        }
        host.logger.notice("\(origin) confirms the configuration `\(trial.version.id)`")
        return await confirm(id: trial.version.id)
    }

    /// The text of a version, or of what is in use.
    func text(of number: Int?) throws(ConfigurationStore.Failure) -> [UInt8]? {
        guard let number else { return textInUse }
        guard let version = store.history.first(where: { $0.number == number }) else { return nil }
        return try store.text(of: version)
    }

    var report: ConfigurationHistory {
        get throws(ConfigurationStore.Failure) {
            let file = try store.current().map { SHA256.hex(of: $0) }
            return ConfigurationHistory(
                file: store.name, isFileInUse: file == inUse,
                inUse: store.history.last { $0.hash == inUse }?.number,
                trial: trial.map {
                    ConfigurationHistory.Trial(
                        number: $0.version.number, isConfirmed: $0.isConfirmed,
                        secondsLeft: max(.zero, $0.deadline - host.clock.now()).seconds)
                }, versions: store.history)
        }
    }

    // MARK: Going over

    private func bringIntoUse(
        _ text: [UInt8], _ within: Duration?, _ origin: String, _ subject: String
    ) async -> ConfigurationOutcome {
        let proposal = ConfigurationProposal(
            text: text, id: "cabinet", confirmWithin: within, origin: origin)
        let outcome = await goOver(proposal, subject)
        if outcome.state != .refused { await tell(outcome) }
        return outcome
    }

    private func goOver(
        _ proposal: ConfigurationProposal, _ subject: String
    ) async -> ConfigurationOutcome {
        if let trial {
            return refusal(
                proposal,
                "version \(trial.version.number) is on trial: `armadio config confirm` keeps it, "
                    + "`armadio config rollback` takes it back")
        }
        let hash = SHA256.hex(of: proposal.text)
        let within = proposal.confirmWithin
        if let within, !RemoteConfigurationSettings.confirmLimits.contains(within) {
            return refusal(
                proposal, "it can be tried for 5 s to 1 h, not for \(within.text)")
        }
        if let problems = problems(proposal, textInUse) {
            return refusal(proposal, "it has problems", problems)
        }
        do {
            let aside = try setAside(proposal.text, hash, subject)
            if hash == inUse {
                return ConfigurationOutcome(
                    .unchanged, id: proposal.id, hash: hash, reason: aside,
                    origin: proposal.origin)
            }
            let old = textInUse
            var proposal = proposal
            // An id is used once; numbers only grow.
            proposal.id = "cabinet-\(store.number(insteadOf: old))"
            var outcome = try await tryLocally(proposal, hash, insteadOf: old, within)
            outcome.reason = outcome.reason.isEmpty ? aside : outcome.reason
            return outcome
        } catch let error as SettingsProblems {
            return refusal(proposal, "it has problems", error.problems)
        } catch {
            return refusal(proposal, "\(error)")
        }
    }

    /// What stands in the file and was never in use is kept as a version; where, in words.
    private func setAside(
        _ text: [UInt8], _ hash: String, _ subject: String
    ) throws(ConfigurationStore.Failure) -> String {
        guard let present = try store.current(), present != text else { return "" }
        var words = ""
        if present != textInUse {
            let number = try store.setAside(present, because: "\(subject) was brought back instead")
            words = "what stood in the file is version \(number)"
        }
        if hash == inUse { try store.restore(text) }
        return words
    }

    private func tryLocally(
        _ proposal: ConfigurationProposal, _ hash: String, insteadOf old: [UInt8],
        _ within: Duration?
    ) async throws -> ConfigurationOutcome {
        let trial = try await start(proposal, hash, insteadOf: old, within ?? .zero)
        guard within == nil else {
            watch(trial)
            await showTrial()
            return applied(trial)
        }
        do throws(ConfigurationStore.Failure) {
            try store.confirm()
            return outcome(.confirmed, of: trial)
        } catch {
            // Watched, it is taken back again and again until the disk takes the file.
            self.trial = trial
            watch(trial)
            return await takeBack(because: "the disk did not take it: \(error)")
                ?? refusal(proposal, "\(error)")
        }
    }

    private func refused(_ origin: String, _ reason: String) -> ConfigurationOutcome {
        ConfigurationOutcome(.refused, id: "", reason: reason, origin: origin)
    }
}
