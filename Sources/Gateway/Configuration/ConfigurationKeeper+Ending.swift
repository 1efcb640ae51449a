import Logging
import Platform
import Settings
import Telemetry

/// How a trial ends: confirmed, taken back, or by a hand at the cabinet.
extension ConfigurationKeeper {
    /// Confirms what is tried; the outcome is told too, once the uplinks are up.
    @discardableResult
    func confirm(id: String) async -> ConfigurationOutcome {
        guard await begin() else {
            return ConfigurationOutcome(.refused, id: id, reason: Self.busy)
        }
        defer { turns.pass() }
        guard trial?.version.id == id, trial?.ended == nil else {
            let outcome =
                store.history.last { $0.id == id }.map { ConfigurationOutcome($0) }
                ?? ConfigurationOutcome(
                    .refused, id: id, reason: "no configuration of this id is being tried")
            await tell(outcome)
            return outcome
        }
        trial?.isConfirmed = true
        if let outcome = await settle() { return outcome }
        // From now on the uplinks are looked at again and again.
        let reason = "confirmed; stays once the uplinks are up"
        guard let trial else { return ConfigurationOutcome(.applied, id: id, reason: reason) }
        watch(trial)
        return outcome(.applied, of: trial, reason: reason)
    }

    /// Waits for the end of a trial, whichever it is.
    func awaitEnd(of number: Int) async {
        while let trial, trial.version.number == number {
            let now = host.clock.now()
            let next =
                trial.isConfirmed && trial.ended == nil
                ? min(trial.deadline, now + Self.step) : trial.deadline
            do throws(CancellationError) {
                try await host.sleep(next)
            } catch {
                return
            }
            guard await begin() else { continue }
            if self.trial?.version.number == number { await settle() }
            turns.pass()
        }
    }

    /// Ends the trial if it is time.
    @discardableResult
    private func settle() async -> ConfigurationOutcome? {
        guard let trial else { return nil }
        if let reason = trial.ended { return await takeBack(because: reason) }
        let uplinks = await host.uplinks()
        let down = trial.uplinks.filter { uplinks[$0]?.isUp != true }.sorted()
        if trial.isConfirmed, down.isEmpty, let outcome = await confirmed(trial) { return outcome }
        guard host.clock.now() >= trial.deadline else { return nil }
        var reasons: [String] = []
        if !trial.isConfirmed {
            reasons.append("not confirmed within \(trial.within.text)")
        } else if down.isEmpty {
            reasons.append("the disk did not take the confirmation")
        }
        reasons += down.map { name in
            "\(name) is down: \(uplinks[name]?.failure ?? "not yet connected")"
        }
        return await takeBack(because: reasons.joined(separator: "; "))
    }

    /// Nil if that could not be made durable.
    func confirmed(_ trial: Trial) async -> ConfigurationOutcome? {
        do {
            try store.confirm()
        } catch {
            host.logger.error("the confirmation could not be kept: \(error)")
            return nil
        }
        await end()
        let outcome = outcome(.confirmed, of: trial)
        await tell(outcome)
        return outcome
    }

    /// The file first, then what runs. A disk that does not take the file does not keep the
    /// gateway from running by it.
    func takeBack(because reason: String) async -> ConfigurationOutcome? {
        guard let trial else { return nil }
        var failure: String?
        do {
            try store.takeBack(to: trial.old.text, because: reason)
        } catch {
            failure = "\(error)"
            host.logger.error("the configuration file could not be put back: \(error)")
        }
        if failure == nil {
            await end()
        } else {
            self.trial?.ended = reason
            self.trial?.deadline = host.clock.now() + Self.retry
        }
        guard trial.ended == nil else { return nil }
        let rest = failure.map { "; the file could not be put back yet: \($0)" } ?? ""
        let outcome = outcome(.takenBack, of: trial, reason: reason + rest)
        // Before the links come back: they are to hear this first.
        await tell(outcome)
        await use(trial.old.plan, trial.old.text, SHA256.hex(of: trial.old.text))
        return outcome
    }

    private func end() async {
        trial = nil
        await showTrial()
    }

    // MARK: By hand

    /// Goes over to what stands in the file now; its problems, if it cannot be used.
    func reloadByHand() async -> [SettingsProblem] {
        guard await begin() else { return [] }
        defer { turns.pass() }
        let file = SettingsFile(path: store.name)
        let hash = SHA256.hex(of: file.bytes)
        // It is on its way out of the file.
        guard trial?.ended == nil || hash != trial?.version.hash else { return [] }
        do throws(SettingsProblems) {
            let next = try host.check(file, points)
            if hash == trial?.version.hash {
                await use(next, file.bytes, hash)
            } else {
                await replace(with: next, file.bytes, hash)
            }
            return []
        } catch {
            return error.problems
        }
    }

    private func replace(with next: CabinetPlan, _ text: [UInt8], _ hash: String) async {
        let ended = trial
        if ended != nil {
            do {
                try store.replaced()
            } catch {
                // The next start finds that the file is neither, and leaves it too.
                host.logger.error("\(error)")
            }
            await end()
        }
        let isNews = hash != inUse
        await use(next, text, hash)
        if let ended {
            await tell(outcome(.replaced, of: ended, reason: "changed by hand meanwhile"))
        } else if isNews, next.uplinks.contains(where: { $0.configuration != nil }) {
            await tell(
                ConfigurationOutcome(
                    .replaced, id: "", hash: hash, reason: "the file was changed by hand",
                    origin: ConfigurationStore.hand))
        }
    }
}
