import Synchronization
import Telemetry

/// The points of the configuration, and what was read of them. Any thread may ask.
final class LiveBoard: Sendable {
    private struct Roster {
        /// Which configuration it is.
        var revision = 0
        var ids: [PointID] = []
        var reports: [PointReport] = []
    }

    /// How far a client of a stream is.
    private struct Progress {
        var revision = 0
        var generation: UInt64 = 0
    }

    /// How often a log that is followed is looked at.
    private static let logInterval: Duration = .milliseconds(250)

    private let board: StatusBoard
    private let latest: PointMemory
    private let clock: any BootClock
    private let log: RecentLog?
    private let roster = Mutex(Roster())

    init(board: StatusBoard, latest: PointMemory, clock: any BootClock, log: RecentLog?) {
        (self.board, self.latest, self.clock, self.log) = (board, latest, clock, log)
    }

    /// Shows the points of this plan from now on.
    func show(_ plan: CabinetPlan) {
        var (ids, reports): ([PointID], [PointReport]) = ([], [])
        for name in plan.deviceNames {
            guard let device = plan.device(name)?.device else { continue }
            for (spec, channel) in zip(device.points, device.plan.channels) {
                ids.append(spec.id)
                reports.append(
                    PointReport(
                        point: spec.point.path, unit: spec.point.unit.symbol,
                        isWritable: channel.isWritable, isUrgent: spec.point.isUrgent,
                        intervalSeconds: spec.interval > .zero ? spec.interval.seconds : nil))
            }
        }
        roster.withLock { [ids, reports] in
            $0 = Roster(revision: $0.revision + 1, ids: ids, reports: reports)
        }
    }

    /// All points with their last readings.
    var reports: [PointReport] { filled(roster.withLock { $0 }).reports }

    private func filled(_ roster: Roster) -> (reports: [PointReport], generation: UInt64) {
        var reports = roster.reports
        let (generation, changes) = changes(of: roster, since: 0)
        for change in changes {
            reports[change.index].value = change.value
            reports[change.index].quality = change.quality
            reports[change.index].ageSeconds = change.ageSeconds
        }
        return (reports, generation)
    }

    private func changes(
        of roster: Roster, since generation: UInt64
    ) -> (generation: UInt64, changes: [LiveFrame.Change]) {
        let now = clock.now()
        let (generation, changes) = latest.changes(of: roster.ids, since: generation)
        return (
            generation,
            changes.map { index, latest in
                LiveFrame.Change(
                    index: index, value: latest.value.map(ControlValue.init),
                    quality: latest.quality.name,
                    ageSeconds: max(0, (now - latest.instant).seconds))
            }
        )
    }

    // MARK: Streams

    /// The stream that a request asks for; nil if it asks for none, or in a wrong way.
    func feed(for request: ControlRequest) -> ControlFeed? {
        switch ControlCommand(rawValue: request.command) {
        case .live:
            let every = request.every ?? 1
            return ControlLimits.liveSeconds.contains(every) ? liveFeed(every: every) : nil
        case .log where request.follow ?? false: return log.map { logFeed(request, $0) }
        default: return nil
        }
    }

    /// What is wrong with a request for a stream of looks.
    var flaw: ControlResponse {
        let bounds = ControlLimits.liveSeconds
        return ControlResponse(
            error: "`every` has to be between \(bounds.lowerBound) and \(bounds.upperBound) seconds"
        )
    }

    private func liveFeed(every seconds: Double) -> ControlFeed {
        let progress = Box(Progress())
        return ControlFeed(interval: .nanoseconds(Int64(seconds * 1e9))) { [self] in
            progress.state.withLock { ControlResponse(live: frame(after: &$0)) }
        }
    }

    /// All points if the client has not those of this configuration; else what changed since.
    private func frame(after progress: inout Progress) -> LiveFrame {
        let roster = roster.withLock { $0 }
        guard progress.revision == roster.revision else {
            let (reports, generation) = filled(roster)
            progress = Progress(revision: roster.revision, generation: generation)
            return LiveFrame(points: reports, changes: [], status: board.report)
        }
        let (generation, changes) = changes(of: roster, since: progress.generation)
        progress.generation = generation
        return LiveFrame(points: nil, changes: changes, status: board.report)
    }

    /// The last lines of the log.
    func log(_ request: ControlRequest) -> ControlResponse {
        guard let log else { return ControlResponse(error: "this gateway keeps no log lines") }
        return ControlResponse(log: log.lines(from: first(request, log)), missed: 0)
    }

    /// The number of the first line that a request asks for.
    private func first(_ request: ControlRequest, _ log: RecentLog) -> UInt64 {
        let count = UInt64(min(max(request.lines ?? 100, 0), RecentLog.lineLimit))
        let next = log.next
        return next > count ? next - count : 0
    }

    /// The last lines and the ones after.
    private func logFeed(_ request: ControlRequest, _ log: RecentLog) -> ControlFeed {
        let position = Box((next: first(request, log), isFirst: true))
        return ControlFeed(interval: Self.logInterval) {
            position.state.withLock { position in
                let lines = log.lines(from: position.next)
                defer {
                    position = (lines.last.map { $0.number + 1 } ?? position.next, false)
                }
                if lines.isEmpty && !position.isFirst { return nil }
                let first = lines.first?.number ?? position.next
                // What was not kept before the client came, it has not missed.
                let missed = position.isFirst ? 0 : first - min(first, position.next)
                return ControlResponse(log: lines, missed: missed)
            }
        }
    }

    /// A client's place in a stream.
    private final class Box<State: Sendable>: Sendable {
        let state: Mutex<State>
        init(_ state: State) { self.state = Mutex(state) }
    }

    // MARK: History

    func history(_ request: ControlRequest) -> ControlResponse {
        guard let points = request.points, !points.isEmpty,
            points.count <= ControlLimits.historyPoints
        else {
            return ControlResponse(
                error: "`history` needs 1 to \(ControlLimits.historyPoints) `points` (DEVICE/POINT)"
            )
        }
        let roster = roster.withLock { $0 }
        let now = clock.now()
        var reports: [HistoryReport] = []
        for path in points {
            guard let index = roster.reports.firstIndex(where: { $0.point == path }) else {
                return ControlResponse(
                    error: "there is no point `\(path.prefix(200))`; `armadio points` lists them")
            }
            let buckets = latest.history(
                of: roster.ids[index], seconds: request.seconds ?? 3600, now: now)
            reports.append(
                HistoryReport(
                    point: path, unit: roster.reports[index].unit,
                    bucketSeconds: RecentValues.bucketSeconds, buckets: buckets ?? []))
        }
        return ControlResponse(history: reports)
    }
}
