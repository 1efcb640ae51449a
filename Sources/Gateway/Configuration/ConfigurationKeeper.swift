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
///   the tried file itself changes nothing: it is not a confirmation. `armadio config apply` brings
///   the changed file into use, at once or on trial (`ConfigurationKeeper+Cabinet`).
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
    struct Trial {
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

    var store: ConfigurationStore
    let host: Host
    let points: PointTable
    var plan: CabinetPlan
    /// The text in use, and its hash: the file may have been changed since.
    var textInUse: [UInt8]
    var inUse: String
    var trial: Trial?
    var watch: Task<Void, Never>?
    var isStopped = false
    let turns = Turns()

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
        textInUse = text
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

    static let busy = "too many requests at a time, or the gateway is ending"

    /// Waits for its turn; false if there is none any more.
    func begin() async -> Bool {
        guard await turns.take() else { return false }
        if isStopped { turns.pass() }
        return !isStopped
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

    func tell(_ outcome: ConfigurationOutcome) async {
        await host.tell(outcome)
    }

    func showTrial() async {
        await host.show(
            trial.map {
                ConfigurationTrialReport(
                    id: $0.version.id, origin: $0.version.origin, deadline: $0.deadline)
            })
    }

    func applied(_ trial: Trial) -> ConfigurationOutcome {
        var outcome = outcome(.applied, of: trial)
        outcome.confirmWithin = trial.within
        return outcome
    }

    func outcome(
        _ state: ConfigurationOutcome.State, of trial: Trial, reason: String = ""
    ) -> ConfigurationOutcome {
        ConfigurationOutcome(
            state, id: trial.version.id, number: trial.version.number, hash: trial.version.hash,
            reason: reason, origin: trial.version.origin, reply: trial.reply)
    }

    func refusal(
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
