import Buses
import Logging
import Settings
import Telemetry

/// What came of bringing points to their safe values.
struct SafeStateOutcome: Sendable {
    /// The points that are safe now.
    var written: [String] = []
    /// The points that are not, and why.
    var failed: [String] = []
}

/// Points with a safe value are brought to it when the gateway stops, when their device leaves the
/// configuration, and when an uplink has been down for its
/// `safe-after`. They keep it until somebody
/// writes them again.
extension Cabinet {
    /// How long all lines together may take for it.
    static let safeStateLimit = Duration.seconds(5)

    /// Waits for an uplink to be down too long, again and again, until cancelled. Points that did
    /// not take their safe value are tried again.
    func watchUplinks(_ limits: [String: Duration]) async {
        let shortest = limits.values.min() ?? Self.safeStateLimit
        let step = min(max(shortest / 10, .milliseconds(100)), .seconds(10))
        var isSafe = false
        var isReported = false
        while !Task.isCancelled {
            do throws(CancellationError) {
                try await executor.sleep(until: executor.now + step)
            } catch {
                return
            }
            guard let lost = lostUplink(limits) else {
                (isSafe, isReported) = (false, false)
                continue
            }
            guard !isSafe else { continue }
            let outcome = await enterSafeState(lines) { _ in true }
            isSafe = outcome.failed.isEmpty
            if !isReported || isSafe { report(outcome, because: lost) }
            isReported = true
        }
    }

    /// Which uplink has been down for too long, in words; nil if none has.
    private func lostUplink(_ limits: [String: Duration]) -> String? {
        let now = environment.clock.now()
        for (name, limit) in limits.sorted(by: { $0.key < $1.key }) {
            guard let link = linkMeters[name]?.snapshot, !link.isUp, now - link.since >= limit
            else { continue }
            return "\(name == CabinetSettings.onlyUplink ? "the uplink" : "the uplink \(name)") "
                + "has been down for \(limit.text)"
        }
        return nil
    }

    /// Brings to their safe values the points of ended lines whose devices nobody serves now.
    func leaveSafely(_ lines: [RunningLine], without served: [String]) async {
        let served = Set(served)
        let outcome = await enterSafeState(lines) { !served.contains($0) }
        for line in lines { await line.sampler.close() }
        report(outcome, because: "the gateway leaves them")
    }

    private func enterSafeState(
        _ lines: [RunningLine], _ isConcerned: (String) -> Bool
    ) async -> SafeStateOutcome {
        let deadline = environment.clock.now() + Self.safeStateLimit
        return await withTaskGroup(of: SafeStateOutcome.self) { group in
            for line in lines {
                let names = Set(line.plan.devices.map(\.name).filter(isConcerned))
                group.addTask { await line.sampler.enterSafeState(of: names, by: deadline) }
            }
            return await group.reduce(into: SafeStateOutcome()) { whole, part in
                whole.written += part.written
                whole.failed += part.failed
            }
        }
    }

    private func report(_ outcome: SafeStateOutcome, because reason: String) {
        if !outcome.written.isEmpty {
            environment.logger.notice(
                "\(reason): in their safe state: \(outcome.written.joined(separator: ", "))")
        }
        for failure in outcome.failed {
            environment.logger.error("\(reason), but not in its safe state: \(failure)")
        }
    }
}
