import Logging
import Platform
import Settings
import Telemetry

/// Another configuration, by hand or from a platform.
extension Cabinet {
    /// Goes over to what stands in the configuration file now. A configuration with problems changes
    /// nothing: the gateway goes on with the one it has.
    ///
    /// - Returns: The problems.
    public func reloadConfiguration() async -> [SettingsProblem] {
        await keeper?.reloadByHand() ?? []
    }

    /// Does what a platform asks.
    func configure(by request: ConfigurationTopics.Request) async {
        switch request {
        case .apply(let proposal): await keeper?.apply(proposal)
        case .confirm(let id): await keeper?.confirm(id: id)
        case .flaw(let id, let flaw):
            await tell(ConfigurationOutcome(.refused, id: id, reason: flaw))
        }
    }

    /// A keeper with a thread of its own: reading a large file takes its time, and so does the disk.
    func makeKeeper(_ source: ConfigurationSource) -> ConfigurationKeeper {
        let executor = ThreadExecutor(name: "configuration")
        return ConfigurationKeeper(
            store: ConfigurationStore(path: source.path), plan: plan, text: source.text,
            points: points, executor: executor,
            host: ConfigurationKeeper.Host(
                check: source.check,
                reload: { [weak self] in await self?.reload(to: $0) },
                uplinks: { [weak self] in await self?.uplinkStates ?? [:] },
                tell: { [weak self] in await self?.tell($0) },
                show: { [board] in board.show(configurationTrial: $0) },
                clock: environment.clock,
                sleep: { (deadline) throws(CancellationError) in
                    try await executor.sleep(until: deadline)
                }, logger: environment.logger))
    }

    private var uplinkStates: [String: ConfigurationKeeper.UplinkState] {
        linkMeters.mapValues { meter in
            let state = meter.snapshot
            return ConfigurationKeeper.UplinkState(isUp: state.isUp, failure: state.failure)
        }
    }

    private func tell(_ outcome: ConfigurationOutcome) async {
        let level: Logger.Level =
            switch outcome.state {
            case .refused, .takenBack, .kept: .warning
            case .unchanged: .debug
            case .applied, .confirmed, .replaced: .notice
            }
        environment.logger.log(level: level, "\(outcome.sentence)")
        for problem in outcome.problems.prefix(ConfigurationTopics.problemLimit) {
            environment.logger.warning("\(problem)")
        }
        await forwarder?.tell(outcome)
    }
}
