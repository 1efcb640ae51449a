import Logging
import Platform
import Settings
import Telemetry

/// What is sent: checked, and tried.
extension ConfigurationKeeper {
    /// Tries a configuration; the outcome is told too.
    @discardableResult
    func apply(_ proposal: ConfigurationProposal) async -> ConfigurationOutcome {
        guard await begin() else { return refusal(proposal, Self.busy) }
        defer { turns.pass() }
        let outcome = await tryOut(proposal)
        await tell(outcome)
        return outcome
    }

    private func tryOut(_ proposal: ConfigurationProposal) async -> ConfigurationOutcome {
        let hash = SHA256.hex(of: proposal.text)
        if let trial, trial.version.id == proposal.id, trial.version.hash == hash {
            return applied(trial)
        }
        if hash == inUse, trial == nil {
            return ConfigurationOutcome(
                .unchanged, id: proposal.id, hash: hash, origin: proposal.origin,
                reply: proposal.reply)
        }
        if let answer = known(proposal, hash) { return answer }
        if let trial {
            return refusal(
                proposal,
                "`\(trial.version.id)` is being tried: confirm it, or wait until it is taken back")
        }
        let within = proposal.confirmWithin ?? usualTime(of: proposal)
        guard RemoteConfigurationSettings.confirmLimits.contains(within) else {
            return refusal(proposal, "confirm-within is \(within.text); 5 s to 1 h are possible")
        }
        do {
            guard let old = try store.current(), SHA256.hex(of: old) == inUse else {
                return refusal(
                    proposal, "the file on the cabinet was changed by hand and is not in use yet")
            }
            if let problems = problems(proposal, old) {
                return refusal(proposal, "it has problems", problems)
            }
            return try await begin(proposal, hash, insteadOf: old, within)
        } catch let error as SettingsProblems {
            return refusal(proposal, "it has problems", error.problems)
        } catch {
            return refusal(proposal, "\(error)")
        }
    }

    /// What became of the same id before.
    private func known(
        _ proposal: ConfigurationProposal, _ hash: String
    ) -> ConfigurationOutcome? {
        guard let version = store.history.last(where: { $0.id == proposal.id }) else { return nil }
        if version.hash != hash {
            return refusal(proposal, "another configuration had this id; an id is used once")
        }
        var outcome = ConfigurationOutcome(version)
        let became = outcome.state.rawValue + (outcome.reason.isEmpty ? "" : ": ")
        outcome.reason =
            "it was tried before and \(became)\(outcome.reason); to try again, send another id"
        outcome.state = .refused
        outcome.reply = proposal.reply
        return outcome
    }

    private func usualTime(of proposal: ConfigurationProposal) -> Duration {
        plan.uplinks.first { $0.name == proposal.uplink }?.configuration?.confirmWithin
            ?? RemoteConfigurationSettings().confirmWithin
    }

    /// What is wrong with a text, in a table of its own: one that is refused must not take room in
    /// the gateway's. Nil for nothing.
    func problems(
        _ proposal: ConfigurationProposal, _ old: [UInt8]
    ) -> [SettingsProblem]? {
        let file = SettingsFile(bytes: proposal.text, name: store.name)
        if let uplink = proposal.uplink {
            let rights = plan.uplinks.first { $0.name == uplink }?.configuration
            guard let rights else {
                return [
                    SettingsProblem(path: [], what: "`\(uplink)` may not change the configuration")
                ]
            }
            file.reportRemoteChanges(
                from: SettingsFile(bytes: old, name: store.name), over: uplink,
                allowing: rights.allow)
        }
        do throws(SettingsProblems) {
            _ = try host.check(file, PointTable())
        } catch {
            return error.problems
        }
        return file.problems.isEmpty ? nil : file.problems
    }

    private func begin(
        _ proposal: ConfigurationProposal, _ hash: String, insteadOf old: [UInt8],
        _ within: Duration
    ) async throws -> ConfigurationOutcome {
        let trial = try await start(proposal, hash, insteadOf: old, within)
        watch(trial)
        await showTrial()
        return applied(trial)
    }

    /// Goes over to a text that has no problems. The trial is not yet watched.
    func start(
        _ proposal: ConfigurationProposal, _ hash: String, insteadOf old: [UInt8],
        _ within: Duration
    ) async throws -> Trial {
        let next = try host.check(SettingsFile(bytes: proposal.text, name: store.name), points)
        let anchor = host.clock.anchor()
        let version = try store.begin(
            proposal.text,
            ConfigurationVersion(
                number: 0, hash: hash, id: proposal.id, origin: proposal.origin,
                time: anchor.quality == .synchronized ? "\(anchor.wall)" : nil, outcome: .tried,
                reason: ""),
            insteadOf: old, withinSeconds: within.seconds)
        let names = Set(next.uplinks.map(\.name))
        let up = await host.uplinks().filter { $0.value.isUp && names.contains($0.key) }
        var trial = Trial(
            version: version, old: (old, plan), within: within,
            deadline: host.clock.now() + within, uplinks: Set(up.keys), reply: proposal.reply)
        await use(next, proposal.text, hash)
        trial.deadline = host.clock.now() + within
        return trial
    }

    func watch(_ trial: Trial) {
        self.trial = trial
        let number = trial.version.number
        watch?.cancel()
        watch = Task(executorPreference: executor) { await self.awaitEnd(of: number) }
    }

    func use(_ plan: CabinetPlan, _ text: [UInt8], _ hash: String) async {
        self.plan = plan
        textInUse = text
        inUse = hash
        await host.reload(plan)
    }
}
