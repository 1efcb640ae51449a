import Logging
import Platform
import Settings
import Telemetry

/// Changes the configuration of a running gateway so that a wrong one does no lasting harm: it is
/// checked, tried, and taken back by itself unless it is confirmed and the uplinks are up within
/// the time that was set.
///
/// - One trial at a time; what else is sent meanwhile is refused.
/// - An id is tried once: a message that the broker keeps (retained) or repeats is answered with
///   what became of it.
/// - It is confirmed when somebody has confirmed its id and every uplink that was up when it began
///   and that it still has is up, in this order or the other.
/// - A restart ends a trial: what was before is in use again (`ConfigurationStore.recover`).
/// - Somebody at the cabinet goes first: a file changed by hand and reloaded (SIGHUP) ends a trial
///   for good, and while the file is not the one in use, nothing from afar is tried. A reload of
///   the tried file itself changes nothing: it is not a confirmation.
actor ConfigurationKeeper {
    /// Reads a configuration, as `armadio check` does.
    typealias Check = ConfigurationSource.Check

    /// How an uplink is.
    struct UplinkState: Sendable {
        var isUp: Bool
        var failure: String?
    }

    /// What the keeper works with.
    struct Host: Sendable {
        /// Checks a text; the table takes its points.
        var check: Check
        /// Goes over to a plan.
        var reload: @Sendable (CabinetPlan) async -> Void
        /// How the uplinks are, by name.
        var uplinks: @Sendable () async -> [String: UplinkState]
        /// Tells the platforms and keeps for the record.
        var tell: @Sendable (ConfigurationOutcome) async -> Void
        /// Shows what is tried; nil for nothing.
        var show: @Sendable (ConfigurationTrialReport?) async -> Void = { _ in }
        var clock: any BootClock
        var sleep: @Sendable (Instant) async throws(CancellationError) -> Void
        var logger: Logger
    }

    /// A configuration that is tried.
    private struct Trial {
        var version: ConfigurationVersion
        /// What comes back.
        var old: (text: [UInt8], plan: CabinetPlan)
        var within: Duration
        var deadline: Instant
        /// The uplinks that have to be up.
        var uplinks: Set<String>
        /// Where its sender wants to hear of it.
        var reply: ConfigurationReply?
        var isConfirmed = false
        /// Why it is over, though the file could not be put back yet.
        var ended: String?
    }

    /// How long it takes at most until a confirmed trial finds that the uplinks are up.
    static let step = Duration.milliseconds(250)
    /// How often a file that could not be put back is tried again.
    static let retry = Duration.seconds(30)

    private var store: ConfigurationStore
    private let host: Host
    private let points: PointTable
    private var plan: CabinetPlan
    /// The hash of the text in use.
    private var inUse: String
    private var trial: Trial?
    private var watch: Task<Void, Never>?
    private var isStopped = false
    private let turns = Turns()

    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - plan: What runs.
    ///   - text: Its text.
    init(
        store: sending ConfigurationStore, plan: CabinetPlan, text: [UInt8], points: PointTable,
        executor: ThreadExecutor, host: Host
    ) {
        self.store = store
        self.plan = plan
        self.points = points
        self.executor = executor
        self.host = host
        inUse = SHA256.hex(of: text)
    }

    /// The versions there were, the oldest first.
    var history: [ConfigurationVersion] { store.history }

    /// Ends what is under way and takes on no more. A trial that is on is ended by the next start.
    func stop() async {
        watch?.cancel()
        guard await turns.take() else { return }
        isStopped = true
        turns.pass()
        if let trial {
            host.logger.warning(
                "the configuration `\(trial.version.id)` is not confirmed: the next start takes it back"
            )
        }
    }

    private static let busy = "too many requests at a time, or the gateway is ending"

    /// Waits for its turn; false if there is none any more.
    private func begin() async -> Bool {
        guard await turns.take() else { return false }
        if isStopped { turns.pass() }
        return !isStopped
    }

    // MARK: A new configuration

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
                .unchanged, id: proposal.id, hash: hash, origin: proposal.origin, reply: proposal.reply)
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
    private func problems(
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
        await use(next, hash)
        trial.deadline = host.clock.now() + within
        watch(trial)
        await showTrial()
        return applied(trial)
    }

    private func watch(_ trial: Trial) {
        self.trial = trial
        let number = trial.version.number
        watch?.cancel()
        watch = Task(executorPreference: executor) { await self.awaitEnd(of: number) }
    }

    private func use(_ plan: CabinetPlan, _ hash: String) async {
        self.plan = plan
        inUse = hash
        await host.reload(plan)
    }

    // MARK: Its confirmation

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
        return await settle() ?? ConfigurationOutcome(
            .applied, id: id, reason: "confirmed; stays once the uplinks are up")
    }

    /// Waits for the end of a trial, whichever it is.
    private func awaitEnd(of number: Int) async {
        while let trial, trial.version.number == number {
            let now = host.clock.now()
            let next = trial.isConfirmed ? min(trial.deadline, now + Self.step) : trial.deadline
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
        var reasons = trial.isConfirmed ? [] : ["not confirmed within \(trial.within.text)"]
        reasons += down.map { name in
            "\(name) is down: \(uplinks[name]?.failure ?? "not yet connected")"
        }
        return await takeBack(because: reasons.joined(separator: "; "))
    }

    /// Nil if that could not be made durable.
    private func confirmed(_ trial: Trial) async -> ConfigurationOutcome? {
        do {
            try store.confirm()
        } catch {
            host.logger.error("the confirmation could not be kept: \(error)")
            return nil
        }
        await end()
        let outcome = ConfigurationOutcome(
            .confirmed, id: trial.version.id, hash: trial.version.hash,
            origin: trial.version.origin, reply: trial.reply)
        await tell(outcome)
        return outcome
    }

    /// The file first, then what runs. A disk that does not take the file does not keep the
    /// gateway from running by it.
    private func takeBack(because reason: String) async -> ConfigurationOutcome? {
        guard let trial else { return nil }
        var failure: String?
        do {
            try store.takeBack(to: trial.old.text, because: reason)
        } catch {
            failure = "\(error)"
            host.logger.error("the configuration file could not be put back: \(error)")
        }
        if trial.ended == nil { await use(trial.old.plan, SHA256.hex(of: trial.old.text)) }
        if failure == nil {
            await end()
        } else {
            self.trial?.ended = reason
            self.trial?.deadline = host.clock.now() + Self.retry
            self.trial?.isConfirmed = false
        }
        guard trial.ended == nil else { return nil }
        let rest = failure.map { "; the file could not be put back yet: \($0)" } ?? ""
        let outcome = ConfigurationOutcome(
            .takenBack, id: trial.version.id, hash: trial.version.hash, reason: reason + rest,
            origin: trial.version.origin, reply: trial.reply)
        await tell(outcome)
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
                await use(next, hash)
            } else {
                await replace(with: next, hash)
            }
            return []
        } catch {
            return error.problems
        }
    }

    private func replace(with next: CabinetPlan, _ hash: String) async {
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
        await use(next, hash)
        if let ended {
            await tell(
                ConfigurationOutcome(
                    .replaced, id: ended.version.id, hash: ended.version.hash,
                    reason: "changed by hand meanwhile", origin: ended.version.origin,
                    reply: ended.reply))
        } else if isNews, next.uplinks.contains(where: { $0.configuration != nil }) {
            await tell(
                ConfigurationOutcome(
                    .replaced, id: "", hash: hash, reason: "the file was changed by hand",
                    origin: ConfigurationStore.hand))
        }
    }

    // MARK: What is told

    /// What a start has found is told once the gateway runs. A file that could not be put back is
    /// tried again.
    func tell(_ recovery: ConfigurationStore.Recovery) async {
        var outcome = ConfigurationOutcome(recovery.version)
        if let failure = recovery.failure {
            outcome.state = .takenBack
            outcome.reason = ConfigurationStore.unconfirmed
            if let text = recovery.text {
                watch(
                    Trial(
                        version: recovery.version, old: (text, plan), within: .zero,
                        deadline: host.clock.now() + Self.retry, uplinks: [],
                        ended: outcome.reason))
            }
            outcome.reason += "; the file could not be put back yet: \(failure)"
        }
        await tell(outcome)
    }

    private func tell(_ outcome: ConfigurationOutcome) async {
        await host.tell(outcome)
    }

    private func showTrial() async {
        await host.show(
            trial.map {
                ConfigurationTrialReport(
                    id: $0.version.id, origin: $0.version.origin, deadline: $0.deadline)
            })
    }

    private func applied(_ trial: Trial) -> ConfigurationOutcome {
        ConfigurationOutcome(
            .applied, id: trial.version.id, hash: trial.version.hash,
            confirmWithin: trial.within, origin: trial.version.origin, reply: trial.reply)
    }

    private func refusal(
        _ proposal: ConfigurationProposal, _ reason: String, _ problems: [SettingsProblem] = []
    ) -> ConfigurationOutcome {
        ConfigurationOutcome(
            .refused, id: proposal.id, hash: SHA256.hex(of: proposal.text), reason: reason,
            problems: problems, origin: proposal.origin, reply: proposal.reply)
    }
}

/// What is tried, for `status`.
struct ConfigurationTrialReport: Sendable {
    var id: String
    var origin: String
    /// When it is taken back.
    var deadline: Instant
}

extension ConfigurationTrialReport {
    func report(at now: Instant) -> StatusReport.ConfigurationTrial {
        StatusReport.ConfigurationTrial(
            id: id, origin: origin, secondsLeft: max(.zero, deadline - now).seconds)
    }
}
