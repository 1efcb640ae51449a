import Platform
import Telemetry

/// One thing to be looked at.
public struct Examination: Sendable {
    /// How long one may take unless it says otherwise.
    public static let usualPatience = Duration.seconds(10)

    /// The area it belongs to.
    public var area: DoctorArea
    /// What is looked at, where an area has several: `uplink city`.
    public var name: String
    /// How long it may take.
    public var patience: Duration
    /// Looks. May block: it has a thread of its own.
    public var examine: @Sendable () async -> [Finding]

    /// Something to be looked at.
    public init(
        _ area: DoctorArea, name: String? = nil, patience: Duration = usualPatience,
        examine: @escaping @Sendable () async -> [Finding]
    ) {
        (self.area, self.patience, self.examine) = (area, patience, examine)
        self.name = name ?? area.rawValue
    }
}

/// Looks at everything side by side, each on a thread of its own and for a bounded time: a resolver
/// or a disk that hangs costs its own answer.
public struct Doctor: Sendable {
    /// How it goes on.
    public struct Progress: Sendable {
        /// What is still waited for.
        public var waitingFor: [String]
        /// How long it has taken.
        public var elapsed: Duration
        /// How long that may take at most.
        public var left: Duration
    }

    private enum Event: Sendable {
        case done(Int, [Finding])
        case late(Int)
        case tick
    }

    private let examinations: [Examination]

    /// A doctor for these.
    public init(_ examinations: [Examination]) {
        self.examinations = examinations
    }

    /// Looks at everything.
    ///
    /// - Parameter progress: Told each second how it goes on.
    public func run(progress: (Progress) -> Void = { _ in }) async -> Diagnosis {
        // Bounded by two events an examination, and one a second.
        let (events, sink) = AsyncStream<Event>.makeStream()
        let start = ContinuousClock.now
        var tasks: [Task<Void, Never>] = []
        for index in examinations.indices { tasks += begin(index, sink) }
        tasks.append(ticker(sink))
        defer {
            for task in tasks { task.cancel() }
            sink.finish()
        }
        var findings = [[Finding]?](repeating: nil, count: examinations.count)
        for await event in events {
            switch event {
            case .done(let index, let found): findings[index] = findings[index] ?? found
            case .late(let index): findings[index] = findings[index] ?? [late(examinations[index])]
            case .tick: progress(self.progress(findings, since: start))
            }
            if findings.allSatisfy({ $0 != nil }) { break }
        }
        return Diagnosis(
            zip(examinations, findings).flatMap { examination, found in
                (found ?? []).map { Diagnosis.Entry(area: examination.area, finding: $0) }
            })
    }

    private func begin(
        _ index: Int, _ sink: AsyncStream<Event>.Continuation
    ) -> [Task<Void, Never>] {
        let examination = examinations[index]
        let executor = ThreadExecutor(name: "doctor")
        let work = Task(executorPreference: executor) {
            let found = await examination.examine()
            sink.yield(.done(index, found))
            // One that is late has its thread until it ends, or the program does.
            withExtendedLifetime(executor) {}
        }
        return [work, Self.after(examination.patience) { sink.yield(.late(index)) }]
    }

    private func ticker(_ sink: AsyncStream<Event>.Continuation) -> Task<Void, Never> {
        Task {
            while !Task.isCancelled {
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                sink.yield(.tick)
            }
        }
    }

    private func late(_ examination: Examination) -> Finding {
        Finding(
            .warning, examination.name,
            "no answer within \(examination.patience.components.seconds) s",
            mend: "something hangs there: try again with `--only \(examination.area.rawValue)`")
    }

    private func progress(
        _ findings: [[Finding]?], since start: ContinuousClock.Instant
    ) -> Progress {
        let waiting = zip(examinations, findings).filter { $0.1 == nil }.map(\.0)
        let longest = waiting.map(\.patience).max() ?? .zero
        let elapsed = ContinuousClock.now - start
        return Progress(
            waitingFor: waiting.map(\.name), elapsed: elapsed, left: max(.zero, longest - elapsed))
    }

    /// Does something after a time, unless it is cancelled.
    static func after(
        _ time: Duration, _ act: @escaping @Sendable () -> Void
    ) -> Task<Void, Never> {
        Task {
            do { try await Task.sleep(for: time) } catch { return }
            act()
        }
    }

    /// What a blocking call answers, made on a thread of its own; nil if it takes longer.
    public static func bounded<Answer: Sendable>(
        _ limit: Duration, _ call: @escaping @Sendable () -> Answer
    ) async -> Answer? {
        let (answers, sink) = AsyncStream<Answer?>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let executor = ThreadExecutor(name: "doctor-call")
        Task(executorPreference: executor) {
            sink.yield(call())
            withExtendedLifetime(executor) {}
        }
        let timer = after(limit) { sink.yield(nil) }
        defer {
            timer.cancel()
            sink.finish()
        }
        for await answer in answers { return answer }
        return nil
    }
}
