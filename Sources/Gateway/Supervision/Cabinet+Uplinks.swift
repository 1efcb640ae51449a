import Logging
import Settings
import Telemetry
import Uplink

/// The ways to the platforms, and what the platforms ask.
extension Cabinet {
    /// Ways for these uplinks, not yet connected; what `status` shows of them.
    func makeLanes(_ plans: [CabinetPlan.UplinkPlan]) -> [UplinkLane.Parts] {
        plans.map { plan in
            let meter = LinkMeter(
                name: plan.name, broker: plan.address, now: environment.clock.now())
            linkMeters[plan.name] = meter
            return makeLane(plan, meter)
        }
    }

    private func makeLane(_ plan: CabinetPlan.UplinkPlan, _ meter: LinkMeter) -> UplinkLane.Parts {
        let session = SessionMaker(
            gateway: self.plan.gateway, points: points, version: environment.version, epoch: epoch
        ).session(plan.session)
        var broker = plan.broker
        if case .sparkplug = plan.session { broker.disconnectsWithWill = true }
        let pulse = liveness.pulse(of: "the uplink \(plan.name)")
        let connection = MQTTConnection(
            settings: broker, will: { session.will(connect: $0) }, window: plan.rules.window,
            promise: { pulse.promise(until: $0) })
        meter.attach { connection.statistics }
        return UplinkLane.Parts(
            name: plan.name, connection: connection, session: session, rules: plan.rules,
            meter: meter, filter: plan.filter, commands: plan.commands,
            configuration: plan.configuration.map { _ in
                ConfigurationTopics(gateway: self.plan.gateway, uplink: plan.name)
            }, pulse: pulse)
    }

    func showLinks() {
        let names = plan.uplinks.map(\.name)
        linkMeters = linkMeters.filter { names.contains($0.key) }
        board.show(links: names.compactMap { linkMeters[$0] })
    }

    /// Goes over to the plan's uplinks; what is the same keeps its link.
    func replaceUplinks(of old: CabinetPlan) async {
        let kept = plan.uplinks.filter { old.uplinks.contains($0) }.map(\.name)
        let lanes = makeLanes(plan.uplinks.filter { !kept.contains($0.name) })
        showLinks()
        await forwarder?.replaceLanes(
            keeping: kept, with: lanes, order: plan.uplinks.map(\.name), roster: plan.roster)
    }

    // MARK: Commands

    /// Sets a point as a platform asks.
    func perform(_ command: PlatformCommand) async -> CommandOutcome {
        let place: PointLookup.Place
        do throws(PointLookup.Failure) {
            place = try PointLookup(plan: plan).find(command.path)
        } catch {
            return CommandOutcome(.refused, reason: "\(error)")
        }
        let response = await write(command.value, to: place)
        if let error = response.error { return CommandOutcome(.failed, reason: error) }
        return CommandOutcome(.done, shown: response.written?.value?.value)
    }
}
