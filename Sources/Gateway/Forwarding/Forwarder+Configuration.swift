import Telemetry
import Uplink

/// What the platforms ask of the configuration, and what they are told of it.
extension Forwarder {
    /// The most such requests at a time; what comes then is left out.
    static let configurationLimit = 8

    /// The readings that say what became of each configuration.
    static let configurationPoint = Point(
        device: CommandRecord.point.device, name: "configuration", isUrgent: true)

    func configure(by request: ConfigurationTopics.Request) {
        guard configuring < Self.configurationLimit else {
            return logger.warning("too many configurations at a time: one was left out")
        }
        configuring += 1
        Task(executorPreference: executor) { await self.carryOut(request) }
    }

    private func carryOut(_ request: ConfigurationTopics.Request) async {
        await configure(request)
        configuring -= 1
    }

    /// Tells every platform that may change the configuration, and keeps it as a reading. What says
    /// how the last trial stands is told again on every new link: what was tried may have cut the
    /// one before.
    func tell(_ outcome: ConfigurationOutcome) {
        if outcome.isStanding { standing = outcome }
        for lane in lanes {
            post(outcome, to: lane)
            schedulePump(lane)
        }
        guard outcome.state != .unchanged, let point = points.intern(Self.configurationPoint)
        else { return }
        var batch = ReadingBatch()
        batch.append(
            point: point, value: .string(ConfigurationTopics.record(outcome)), at: clock.now())
        intake.append(batch, isUrgent: true)
    }

    /// Tells a platform that has come how the last trial stands; whoever asked is answered once.
    func tellStanding(to lane: UplinkLane) {
        guard let standing else { return }
        post(standing, to: lane)
        if standing.reply?.uplink == lane.name { self.standing?.reply = nil }
    }

    private func post(_ outcome: ConfigurationOutcome, to lane: UplinkLane) {
        guard let topics = lane.configuration, lane.link != nil else { return }
        if !lane.post(topics.results(outcome)) {
            logger.warning(
                "\(lane.name): what became of a configuration was left out",
                metadata: about(uplink: lane.name))
        }
    }
}
