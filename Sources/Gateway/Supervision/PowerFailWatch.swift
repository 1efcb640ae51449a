import Buses
import Logging
import Platform
import Synchronization
import Telemetry

/// Whether the mains are gone, by the edges of the line that says so.
struct PowerFailJudge {
    /// How long a level has to hold: the one that says so, and the one that says it is over.
    let debounce: Duration
    let returnAfter: Duration
    private(set) var isFailing = false
    /// The level that was seen last, and since when.
    private var last = Edge(isActive: false, at: Instant(nanoseconds: .min))

    init(debounce: Duration, returnAfter: Duration) {
        (self.debounce, self.returnAfter) = (debounce, returnAfter)
    }

    /// When the level seen last counts if it holds; nil if it does.
    var deadline: Instant? {
        guard last.isActive != isFailing else { return nil }
        return last.instant + (last.isActive ? debounce : returnAfter)
    }

    /// Takes an edge. Answers a change that was complete before it.
    mutating func take(_ edge: Edge) -> Edge? {
        let change = settle(at: edge.instant)
        if edge.isActive != last.isActive { last = edge }
        return change
    }

    /// The level as it is now, where an edge may be missing.
    mutating func see(_ isActive: Bool, at now: Instant) {
        if isActive != last.isActive { last = Edge(isActive: isActive, at: now) }
    }

    /// Answers a change that is complete by now, with the instant at which its level began.
    mutating func settle(at now: Instant) -> Edge? {
        guard let deadline, deadline <= now else { return nil }
        isFailing = last.isActive
        return last
    }
}

/// What `status` shows of the power-fail line. Written by its watch, read by anyone.
final class PowerFailMeter: Sendable {
    struct State: Sendable {
        /// Since when the mains are gone; nil while they are there.
        var since: Instant?
        var count: UInt64 = 0
        /// Why the line cannot be watched.
        var failure: String?
    }

    private let line: String
    private let state = Mutex(State())

    init(line: String) { self.line = line }

    func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    func report(at now: Instant) -> StatusReport.PowerFail {
        let state = state.withLock { $0 }
        return StatusReport.PowerFail(
            line: line, isActive: state.since != nil,
            sinceSeconds: state.since.map { (now - $0).seconds }, count: state.count,
            failure: state.failure)
    }
}

/// Watches the power-fail line, on the thread of a bank of its own: no device's poll is before it.
struct PowerFailWatch: Sendable {
    /// Also without an edge the level is looked at: one that got lost costs no more than this.
    static let heartbeat = Duration.seconds(10)
    /// How long a line that cannot be had is left alone.
    static let retry = Duration.seconds(5)

    let plan: PowerFailPlan
    let bank: any GPIOBank
    let meter: PowerFailMeter
    let pulse: Liveness.Pulse
    let clock: any BootClock
    let logger: Logger
    /// Told when the mains go and when they have been back for long enough, and since when. Nothing
    /// else is watched until it returns.
    let change: @Sendable (_ isFailing: Bool, _ since: Instant) async -> Void

    /// Watches until the task is cancelled.
    func run() async {
        var judge = PowerFailJudge(
            debounce: bank.debounces ? .zero : plan.debounce, returnAfter: plan.returnAfter)
        while !Task.isCancelled {
            pulse.promise(until: clock.now() + Liveness.longestTransition)
            let next = await look(&judge)
            pulse.promise(until: next)
            do throws(CancellationError) {
                try await bank.rest(until: next)
            } catch {
                break
            }
        }
        await bank.close()
        pulse.end()
    }

    /// Takes what has come of the line. When to look again.
    private func look(_ judge: inout PowerFailJudge) async -> Instant {
        do throws(BusError) {
            let report = try await bank.edges(of: plan.line)
            for edge in report.edges {
                if let change = judge.take(edge) { await tell(change) }
            }
            let level = try await bank.level(of: plan.line)
            let now = clock.now()
            if report.edges.count < EdgeReport.limit { judge.see(level, at: now) }
            if let change = judge.settle(at: now) { await tell(change) }
            mend()
            return min(judge.deadline ?? .latest, clock.now() + Self.heartbeat)
        } catch {
            fail(error)
            return clock.now() + Self.retry
        }
    }

    private func tell(_ edge: Edge) async {
        meter.update {
            $0.since = edge.isActive ? edge.instant : nil
            if edge.isActive { $0.count += 1 }
        }
        await change(edge.isActive, edge.instant)
    }

    private func fail(_ error: BusError) {
        meter.update { state in
            if state.failure == nil {
                logger.error("the power-fail line cannot be watched: \(error.message)")
            }
            state.failure = error.message
        }
    }

    private func mend() {
        meter.update { state in
            if state.failure != nil { logger.notice("the power-fail line is watched again") }
            state.failure = nil
        }
    }
}
