import Buses
import Platform
import Telemetry

/// The last gasp (power-fail.md): what is done when the supply says that the mains are gone, in this order.
///
/// | step | within |
/// |---|---|
/// | all that was read is written and synced, in a file that is kept ready for it | one write of the disk: what the log names, some ms |
/// | polling ends on all buses but GPIO | at once; a request under way has its time-out |
/// | platforms are told `offline`, reason `power-fail`, and the links end | `farewellLimit` each |
/// | what the last requests brought is written | one more write |
///
/// GPIO lines go on: they cost nothing, and their changes are written as they come. Outputs stay as
/// they are: to move a relay takes the energy that the disk needs, and a contactor without mains has
/// fallen already. When the mains have been back for `return-after`, everything starts again.
extension Cabinet {
    /// How long a platform has to take its farewell.
    static let powerFarewellLimit = Duration.milliseconds(500)

    /// Watches the plan's power-fail line, if it has one and it is not watched yet.
    func watchPower() async {
        await forwarder?.expectHurry(plan.powerFail != nil)
        guard powerWatch == nil else { return }
        guard let plan = plan.powerFail else { return board.show(powerFail: nil) }
        let meter = PowerFailMeter(line: plan.name)
        board.show(powerFail: meter)
        let bank = environment.buses.gpio(named: "power-fail")
        let watch = PowerFailWatch(
            plan: plan, bank: bank, meter: meter,
            pulse: liveness.pulse(of: "the power-fail line"), clock: environment.clock,
            logger: environment.logger
        ) { [weak self] isFailing, since in
            if isFailing {
                await self?.mainsAreGone(since: since)
            } else {
                await self?.mainsAreBack()
            }
        }
        powerWatch = Task(executorPreference: bank.taskExecutor) { await watch.run() }
    }

    /// Ends the watch. Without it nobody can tell that the mains are back: they count as there.
    func stopWatchingPower() async {
        powerWatch?.cancel()
        await powerWatch?.value
        powerWatch = nil
        if board.isRunning { await mainsAreBack() }
    }

    private func mainsAreGone(since instant: Instant) async {
        guard parked == nil, let forwarder else { return }
        let ended = lines.filter { $0.plan.line.isStoppedWithoutMains }
        parked = ended
        lines.removeAll { $0.plan.line.isStoppedWithoutMains }
        let unsaved = await forwarder.save()
        tellOfSaving(unsaved, since: instant)
        for line in ended { line.task.cancel() }
        showDevices()
        await forwarder.leave(within: Self.powerFarewellLimit)
        await stopLines(ended)
        markUnread(ended)
        _ = await forwarder.save()
        environment.logger.notice("power failure: the platforms are told, polling has ended")
    }

    private func tellOfSaving(_ unsaved: Int, since instant: Instant) {
        let milliseconds = (environment.clock.now() - instant).nanoseconds / 1_000_000
        guard unsaved == 0 else {
            return environment.logger.critical(
                "power failure: \(unsaved) readings could not be written; the disk fails")
        }
        environment.logger.critical(
            "power failure: everything read is on the disk, \(milliseconds) ms after the line told")
    }

    private func mainsAreBack() async {
        guard let old = parked else { return }
        parked = nil
        await forwarder?.endHurry()
        let meters = old.flatMap(\.meters)
        let kept = lines
        lines += plan.lines.filter { line in
            !isLent(line) && !kept.contains { $0.plan.line.name == line.line.name }
        }.map { startLine($0, meters: meters) }
        linkMeters = [:]
        let lanes = makeLanes(plan.uplinks)
        showLinks()
        showDevices()
        await forwarder?.replaceLanes(
            keeping: [], with: lanes, order: plan.uplinks.map(\.name), roster: plan.roster)
        environment.logger.notice("the mains are back: everything starts again")
    }

    /// Whether a line is not polled because the mains are gone.
    func isParked(_ line: LinePlan) -> Bool { parked != nil && line.line.isStoppedWithoutMains }
}

extension BusLine {
    /// Whether it is not polled while the mains are gone.
    fileprivate var isStoppedWithoutMains: Bool {
        if case .gpio = self { false } else { true }
    }
}
