import Buses
import Telemetry

/// An input line: its level, its changes, its pulses.
final class GPIOInput {
    /// The most reports of edges that are taken at a time; what is behind them comes next.
    private static let reportLimit = 16

    let layout: GPIOLayout.Input
    private let line: GPIOLine
    /// Changes come as edges of both directions; a counter that nobody debounces needs one.
    private let debouncesHere: Bool
    private let memory: any DriverMemory
    private let samples: GPIOSamples

    /// The level that was told last; nil before the first, and while the line is lost.
    private var level: Bool?
    private var debounce: EdgeDebounce?
    private var chatter: ChatterLimit?
    private var meter: PulseMeter
    private var hasFailed = false
    /// When a line that could not be had is asked for again; the bank has its own bound for that.
    private var retry: Instant?
    /// When the level was last read from the line itself: edges from before say nothing new.
    private var seen = Instant(nanoseconds: .min)
    /// When a level that no edge explains counts as the sign of a lost one.
    private var doubt: Instant?

    /// An edge may be on its way for so long after the level has shown it.
    private static let edgeDelay = Duration.milliseconds(50)
    /// How long a line that is lost is left alone.
    static let retryDelay = Duration.seconds(5)

    init(_ layout: GPIOLayout.Input, bankDebounces: Bool, memory: any DriverMemory) {
        self.layout = layout
        self.memory = memory
        samples = GPIOSamples(layout: layout)
        debouncesHere = layout.wish.debounce > .zero && !bankDebounces
        let edges: GPIOLine.Edges = layout.states.isEmpty && !debouncesHere ? .rising : .both
        line = GPIOLine(
            layout.wish.address, .input(edges, debounce: layout.wish.debounce),
            isActiveLow: layout.wish.isActiveLow, bias: layout.wish.bias)
        meter = PulseMeter(count: layout.counts.first.flatMap { memory.count(named: $0.name) } ?? 0)
    }

    /// When `collect` has something to do though no edge comes.
    var wakeTime: Instant {
        let times = [debounce?.deadline, chatter?.quietTime, doubt, retry].compactMap { $0 }
        return times.min() ?? .latest
    }

    /// Takes what has come, and tells it.
    func collect(from bank: any GPIOBank, into sink: any SampleSink) async {
        do throws(BusError) {
            if level == nil { try await begin(bank, sink, tells: true) }
            try await take(from: bank, into: sink)
            if hasFailed { sink.note(transfer: .zero, failure: nil) }
            (hasFailed, retry) = (false, nil)
        } catch {
            fail(error, sink)
        }
    }

    /// Tells the channels of a group as they are now: each once.
    func poll(_ wanted: Set<Int>, from bank: any GPIOBank, into sink: any SampleSink) async {
        let start = sink.now()
        do throws(BusError) {
            if level == nil { try await begin(bank, sink, tells: false) }
            try await take(from: bank, into: sink)
            try await confirm(by: bank, sink)
            let now = sink.now()
            sink.note(transfer: now - start, failure: nil)
            (hasFailed, retry) = (false, nil)
            samples.tell(
                wanted, level: level, isChattering: chatter?.since != nil, &meter, at: now, sink)
        } catch {
            // Said once for all channels already if it has just begun.
            if hasFailed { samples.tell(error.quality, to: wanted, at: sink.now(), sink) }
            fail(error, sink)
        }
    }

    // MARK: Failing

    /// The line is lost: its points say so once, and what is counted goes on with a gap.
    private func fail(_ error: BusError, _ sink: any SampleSink) {
        retry = sink.now() + Self.retryDelay
        guard !hasFailed else { return }
        hasFailed = true
        (level, debounce, chatter, doubt) = (nil, nil, nil, nil)
        meter.interrupt()
        sink.note(transfer: .zero, failure: error)
        samples.tell(error.quality, to: Set(layout.channels), at: sink.now(), sink)
    }

    // MARK: Edges

    private func take(
        from bank: any GPIOBank, into sink: any SampleSink
    ) async throws(BusError) {
        for _ in 0..<Self.reportLimit {
            let report = try await bank.edges(of: line)
            if report.loss != .none { lose(report, sink) }
            for edge in report.edges { take(edge, sink) }
            if report.loss != .none, report.edges.count < EdgeReport.limit {
                try await confirm(by: bank, sink)
            }
            if report.edges.isEmpty { break }
        }
        let now = sink.now()
        if let change = debounce?.settle(at: now) { accept(change, sink) }
        if let doubt, doubt <= now { try await confirm(by: bank, sink) }
        endChatter(at: now, sink)
    }

    /// The line has just been claimed: its level is told, and what a counter has missed is a gap.
    private func begin(
        _ bank: any GPIOBank, _ sink: any SampleSink, tells: Bool
    ) async throws(BusError) {
        let level = try await bank.level(of: line)
        let now = sink.now()
        (self.level, seen) = (level, now)
        chatter = ChatterLimit(rate: layout.changes, now: now)
        if debouncesHere {
            debounce = EdgeDebounce(time: layout.wish.debounce, level: level, at: now)
        }
        if tells { samples.tell(level, at: now, sink) }
        for (channel, name, _) in layout.counts {
            if memory.count(named: name) != nil || hasFailed {
                samples.tell(.eventsLost, to: [channel], at: now, sink)
            }
            memory.keep(count: meter.count, named: name)
        }
    }

    private func take(_ edge: Edge, _ sink: any SampleSink) {
        doubt = nil
        guard debouncesHere else { return accept(edge, sink) }
        if let change = debounce?.take(edge) { accept(change, sink) }
    }

    /// Takes a change that is real.
    private func accept(_ edge: Edge, _ sink: any SampleSink) {
        if edge.isActive { count(1, at: edge.instant) }
        guard !layout.states.isEmpty else { return }
        if level == edge.isActive {
            guard edge.instant > seen else { return }
            // Two changes the same way: one between them is missing.
            loseState(at: edge.instant, sink)
        }
        level = edge.isActive
        pass(edge, sink)
    }

    private func pass(_ edge: Edge, _ sink: any SampleSink) {
        let wasQuiet = chatter?.since == nil
        if chatter?.passes(at: edge.instant) != false {
            samples.tell(edge.isActive, at: edge.instant, sink)
        } else if wasQuiet {
            samples.tell(.chattering, to: Set(layout.states), at: edge.instant, sink)
            sink.tell(
                "the line \(line.address) chatters: more than \(layout.changes.plainText) changes a "
                    + "second are left out", isTrouble: true)
        }
    }

    private func endChatter(at now: Instant, _ sink: any SampleSink) {
        guard let since = chatter?.since, let leftOut = chatter?.end(at: now) else { return }
        if let level { samples.tell(level, at: now, sink) }
        sink.tell(
            "the line \(line.address) is quiet again: \(leftOut) changes were left out in "
                + "\((now - since).components.seconds) s", isTrouble: false)
    }

    // MARK: Losses

    /// Edges are missing before this report's.
    private func lose(_ report: EdgeReport, _ sink: any SampleSink) {
        let instant = report.edges.first?.instant ?? sink.now()
        loseState(at: instant, sink)
        guard !layout.counts.isEmpty || !layout.rates.isEmpty else { return }
        if case .exactly(let missing) = report.loss {
            // Of edges both ways every second one is a pulse; which one the first was is not known.
            let isExact = layout.states.isEmpty && !debouncesHere
            count(isExact ? missing : missing / 2, at: instant)
            if isExact { return }
        }
        meter.interrupt()
        samples.tell(.eventsLost, to: Set(layout.counts.map(\.channel)), at: instant, sink)
    }

    private func loseState(at instant: Instant, _ sink: any SampleSink) {
        samples.tell(.eventsLost, to: Set(layout.states), at: instant, sink)
    }

    /// Looks whether the level is what the edges say.
    private func confirm(
        by bank: any GPIOBank, _ sink: any SampleSink
    ) async throws(BusError) {
        guard !layout.states.isEmpty, debounce?.deadline == nil, chatter?.since == nil else {
            return
        }
        let isActive = try await bank.level(of: line)
        let now = sink.now()
        if isActive == level {
            doubt = nil
        } else if let doubt, doubt <= now {
            loseState(at: now, sink)
            (level, seen, self.doubt) = (isActive, now, nil)
            samples.tell(isActive, at: now, sink)
        } else if doubt == nil {
            // What the kernel debounces shows its level before its edge.
            doubt = now + Self.edgeDelay + layout.wish.debounce
        }
    }

    private func count(_ pulses: UInt64, at instant: Instant) {
        guard pulses > 0 else { return }
        meter.add(pulses, at: instant)
        for (_, name, _) in layout.counts { memory.keep(count: meter.count, named: name) }
    }
}
