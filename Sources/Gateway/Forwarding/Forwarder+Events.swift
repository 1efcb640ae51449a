import Journal
import Telemetry
import Uplink

/// What the links do.
extension Forwarder {
    func handle(_ event: ConnectionEvent, of lane: UplinkLane) {
        switch event {
        case .connected(let link): connected(link, of: lane)
        case .disconnected(let failure, let nextTry): disconnected(failure, nextTry, lane)
        case .leaving: lane.isLeaving = true
        case .refused(let token, let reason): refused(token, reason, of: lane)
        case .settled(let token): settled(token, of: lane)
        case .subscriptionRefused(let filter, let reason):
            logger.error(
                "\(lane.meter.broker) does not let us hear \(filter): \(reason); check its access rules",
                metadata: about(uplink: lane.name))
        }
        schedulePump(lane)
        showWindow(lane)
        noteProgress()
    }

    private func connected(_ link: Link, of lane: UplinkLane) {
        lane.connect(link)
        lane.beginAgain(journal)
        lane.meter.update {
            $0.isUp = true
            $0.broker = link.broker
            $0.isPreferred = link.isPreferred
            $0.protocolVersion = link.protocolVersion.rawValue
            $0.failure = nil
            $0.nextTry = nil
            $0.since = clock.now()
            $0.connects += 1
        }
        logger.notice(
            "\(lane.name) is up: \(link.broker), MQTT \(link.protocolVersion.rawValue)",
            metadata: about(.linkUp, uplink: lane.name))
        if lane.session.isAwaited { announce(lane) }
        tellStanding(to: lane)
    }

    /// Says who is there. Readings go over a link once that is through: behind it, and with all
    /// of the window.
    func announce(_ lane: UplinkLane) {
        guard let link = lane.link else { return }
        (lane.announced, lane.isBirthDue) = (clock.now(), false)
        let presence = Presence(
            epoch: journal.epoch(of: .normal), protocolVersion: link.protocolVersion,
            connect: link.connect, clock: clock.anchor(), roster: roster(of: lane), latest: latest)
        let births = lane.session.births(presence)
        if !births.isEmpty { lane.post(births: births) }
        schedulePump(lane)
    }

    /// The points that a platform hears of, and which of them it may set.
    private func roster(of lane: UplinkLane) -> [Presence.RosterPoint] {
        roster.compactMap { entry in
            guard lane.filter.takes(entry.point) else { return nil }
            var entry = entry
            entry.isCommandable = entry.isCommandable && lane.commands.takes(entry.point)
            return entry
        }
    }

    /// A birth that the broker refuses is told by the log; the readings are worth more.
    private func answered(_ token: PublishToken, of lane: UplinkLane) -> Bool {
        guard lane.birth == token else { return false }
        lane.birth = nil
        return true
    }

    private func settled(_ token: PublishToken, of lane: UplinkLane) {
        lane.meter.update { $0.acknowledged += 1 }
        guard !answered(token, of: lane) else { return }
        if let delivery = lane.acknowledge(token, now: clock.now()) {
            journal.settle(delivery.range, of: delivery.priority, by: lane.outlet)
            lane.meter.update { $0.delivered += UInt64(delivery.items) }
        }
    }

    private func disconnected(
        _ failure: ConnectionFailure, _ nextTry: Instant?, _ lane: UplinkLane
    ) {
        let wasUp = lane.link != nil
        lane.disconnect()
        let isNews = lane.meter.snapshot.failure == nil
        lane.meter.update {
            if $0.isUp { $0.since = clock.now() }
            $0.isUp = false
            $0.protocolVersion = nil
            $0.failure = "\(failure)"
            $0.nextTry = nextTry
        }
        // Once when it fails, not at every try.
        guard nextTry != nil, wasUp || isNews else { return }
        logger.error(
            "\(lane.name) is down: \(failure)",
            metadata: about(.linkDown, uplink: lane.name, reason: failure.code.rawValue))
    }

    private func refused(_ token: PublishToken, _ reason: ReasonCode, of lane: UplinkLane) {
        lane.meter.update { $0.refused += 1 }
        guard !answered(token, of: lane),
            let (delivery, verdict) = lane.refuse(token, reason, now: clock.now())
        else {
            // A birth or an answer, or readings that are to be sent again anyway.
            return logger.warning(
                "the broker of \(lane.name) refused a message: \(reason)",
                metadata: about(uplink: lane.name))
        }
        tell(verdict, delivery, reason, of: lane)
        showSetAside(lane)
    }

    private func tell(
        _ verdict: RefusalPolicy.Verdict, _ delivery: Delivery, _ reason: ReasonCode,
        of lane: UplinkLane
    ) {
        let what = "\(lane.name): the broker refused readings: \(reason)"
        let fields = about(uplink: lane.name)
        switch verdict {
        case .hold(.zero): break
        case .hold(let wait):
            logger.error("\(what); all wait \(Int(wait.seconds.rounded())) s", metadata: fields)
        case .again:
            logger.warning("\(what); they are tried again, the rest flows on", metadata: fields)
        case .split(let items):
            logger.warning("\(what); sent again \(items) at a time", metadata: fields)
        case .setAside:
            let range = "\(delivery.range.lowerBound) to \(delivery.range.upperBound)"
            logger.error(
                "\(what); \(delivery.priority.name) \(range) is set aside in the journal and tried again hourly; see `armadio journal stat`",
                metadata: about(.readingsSetAside, uplink: lane.name))
        }
    }

    /// What happens by itself as time goes by.
    func remind(_ lane: UplinkLane) {
        if lane.isBirthDue { announce(lane) }
        lane.retrySetAside(now: clock.now())
        showSetAside(lane)
        guard lane.link != nil, lane.isOverdue(now: clock.now()) else { return }
        let count = lane.platform.waiting.count
        logger.error(
            "\(lane.name): the platform does not say that it has \(count) publishes; sent again",
            metadata: about(uplink: lane.name))
        lane.beginAgain(journal)
    }

    /// Lists what is set aside, if that has changed.
    private func showSetAside(_ lane: UplinkLane) {
        guard lane.isSetAsideNews else { return }
        lane.isSetAsideNews = false
        let parts = lane.setAside
        lane.meter.update {
            $0.setAside = parts.reduce(0) { $0 + $1.delivery.range.span }
            $0.setAsideReason = parts.last.map { "\($0.reason)" }
        }
        journal.note(
            setAside: lanes.flatMap { lane in
                lane.setAside.map { part in
                    SetAsideRecord(
                        outlet: lane.name, priority: part.delivery.priority,
                        range: part.delivery.range, reason: "\(part.reason)")
                }
            })
    }
}

extension Range<Position> {
    /// How many sequence numbers, where both ends are of one epoch.
    fileprivate var span: UInt64 {
        lowerBound.epoch == upperBound.epoch ? upperBound.sequence - lowerBound.sequence : 0
    }
}
