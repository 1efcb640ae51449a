import Buses
import Telemetry

/// The exchange of lines with a program: requests and their answers, and what the program tells by
/// itself in between.
final class ExecConversation {
    /// Requests without an answer in a row; after them the program is started again.
    static let mostSilences = 3
    /// How soon after a failed start it is looked whether the program may be started again.
    private static let retryDistance = Duration.seconds(1)
    /// What the log shows of a line that is no message, in characters.
    private static let shownCharacters = 80

    private let process: any LineProcess
    private let settings: ExecDriver.Settings
    private(set) var readings: ExecReadings
    /// When it is to be attended to though nothing has come.
    private(set) var wakeTime = Instant(nanoseconds: 0)

    /// The run that is spoken with; and whether it has described itself.
    private var run: UInt64?
    private var isDescribed = false
    private var silences = 0
    private var processor = ProcessorWatch(at: Instant(nanoseconds: 0))
    private var flood = FloodWatch()
    private var remarks = RemarkLimit()
    /// What the description had against the configuration, as it was told last.
    private var toldDifferences: [String] = []

    private var lastID: UInt64 = 0
    /// No request's id.
    private static let noRequest: UInt64 = 0
    /// The request whose answer is waited for: its id, or nil for the description.
    private var awaited: UInt64? = noRequest
    private var answer: ExecMessage?
    /// What came since the request was sent and could not be understood, the first.
    private(set) var nonsense: String?

    init(process: any LineProcess, settings: ExecDriver.Settings) {
        (self.process, self.settings) = (process, settings)
        readings = ExecReadings(settings.points)
    }

    // MARK: Runs

    /// Whether the last request was not answered.
    var isSilent: Bool { silences > 0 }

    /// Starts the program, hears what it has said, and whether it works too much.
    func attend(_ sink: any SampleSink) async throws(BusError) {
        try await begin(sink)
        try await listen(sink)
        try await watchProcessor(sink)
        wakeTime = processor.next
    }

    private func watchProcessor(_ sink: any SampleSink) async throws(BusError) {
        let now = sink.now()
        guard now >= processor.next, let used = await process.processorTime() else { return }
        let share = processor.share(used: used, at: now)
        guard share > settings.processorShare else { return }
        let percents = [share, settings.processorShare].map { Int(($0 * 100).rounded()) }
        throw await process.end(
            because: BusError(
                .disconnected,
                "the program used \(percents[0]) % of a processor for a minute, "
                    + "\(percents[1]) % are allowed"))
    }

    /// Makes sure that the program runs and has described itself.
    func begin(_ sink: any SampleSink) async throws(BusError) {
        let now = sink.now()
        wakeTime = now + Self.retryDistance
        let started = try await process.start()
        if started != run {
            (run, isDescribed, silences) = (started, false, 0)
            (processor, flood) = (ProcessorWatch(at: now), FloodWatch())
        }
        if !isDescribed { try await describe(sink) }
        wakeTime = processor.next
    }

    private func describe(_ sink: any SampleSink) async throws(BusError) {
        let request = ExecRequest.describe(
            device: settings.device, points: settings.points.map(\.name))
        let message = try await ask(request, id: nil, sink)
        guard message.op == "described" else { throw message.refusal }
        if let version = message.version, version != ExecRequest.version {
            throw await unanswered(
                BusError(
                    .corrupt,
                    "the program speaks version \(version) of armadio-exec, "
                        + "the gateway speaks \(ExecRequest.version)"), sink)
        }
        let differences = readings.describe(message.points ?? [:])
        isDescribed = true
        if differences != toldDifferences, !differences.isEmpty {
            sink.tell(
                "the program does not fit the configuration: "
                    + differences.prefix(5).joined(separator: ", "), isTrouble: true)
        }
        toldDifferences = differences
    }

    // MARK: Requests

    /// The id of the next request, 1 to 2^53.
    func nextID() -> UInt64 {
        lastID = lastID % (1 << 53) + 1
        return lastID
    }

    /// Sends a request and waits for its answer.
    ///
    /// - Throws: `BusError` if there was none in time, or the run is over.
    func ask(
        _ request: ExecRequest, id: UInt64?, _ sink: any SampleSink
    ) async throws(BusError) -> ExecMessage {
        guard let line = request.line else {
            throw BusError(.invalidRequest, "the request cannot be written as JSON")
        }
        (awaited, answer, nonsense) = (id, nil, nil)
        defer { awaited = Self.noRequest }
        let deadline = sink.now() + settings.timeout
        do throws(BusError) {
            try await process.send(line, until: deadline)
            let answer = try await receive(until: deadline, sink)
            if id != nil { silences = 0 }
            return answer
        } catch {
            guard error.code == .timeout else { throw error }
            throw await unanswered(error, sink)
        }
    }

    private func receive(
        until deadline: Instant, _ sink: any SampleSink
    ) async throws(BusError) -> ExecMessage {
        while true {
            try await listen(sink)
            if let answer { return answer }
            guard sink.now() < deadline else {
                throw BusError(
                    .timeout, "the program has not answered in \(settings.timeout.text)")
            }
            do throws(CancellationError) {
                try await process.rest(until: deadline)
            } catch {
                throw BusError(.system, "the request was broken off")
            }
        }
    }

    /// A request that was not answered, or not with sense. After a few the program is ended.
    private func unanswered(_ error: BusError, _ sink: any SampleSink) async -> BusError {
        var error = error
        if let nonsense {
            error = BusError(.corrupt, error.message + "; it wrote " + nonsense)
        }
        silences += 1
        wakeTime = sink.now() + Self.retryDistance
        guard silences >= Self.mostSilences else { return error }
        let code: BusError.Code = error.code == .timeout ? .disconnected : error.code
        let message = "\(error.message), \(silences) times in a row; it is started again"
        _ = await process.end(because: BusError(code, message))
        sink.tell(message, isTrouble: true)
        return error
    }

    // MARK: Listening

    /// Takes what has come.
    private func listen(_ sink: any SampleSink) async throws(BusError) {
        let output = try await process.take()
        let now = sink.now()
        tell(output, sink, now)
        for line in output.lines {
            let pushed = hear(line, sink, now)
            if flood.count(1 + pushed, at: now) {
                throw await process.end(
                    because: BusError(
                        .corrupt,
                        "the program tells more than "
                            + "\(FloodWatch.mostASecond) lines or readings a second"))
            }
        }
    }

    private func tell(_ output: ProgramOutput, _ sink: any SampleSink, _ now: Instant) {
        if let dropped = remarks.takeDropped(at: now) {
            sink.tell("the program said \(dropped) lines more", isTrouble: false)
        }
        remarks.drop(output.droppedRemarks)
        for remark in output.remarks where remarks.admits(at: now) {
            sink.tell("the program says: \(remark)", isTrouble: false)
        }
    }

    /// Takes one line. Returns how many readings it told by itself.
    private func hear(_ line: [UInt8], _ sink: any SampleSink, _ now: Instant) -> Int {
        guard let message = ExecMessage(line: line) else {
            let shown = String(decoding: line.prefix(Self.shownCharacters * 4), as: UTF8.self)
                .printable(Self.shownCharacters)
            note(nonsense: "what is no message: `\(shown)`", sink, now)
            return 0
        }
        switch message.op {
        case "described" where awaited == nil: answer = message
        case "failed" where awaited == nil && message.id == nil: answer = message
        case "polled", "written", "failed":
            if let id = message.id, id == awaited {
                answer = message
            } else if !(1...max(lastID, 1)).contains(message.id ?? 0) {
                note(nonsense: "`\(message.op)` with an id that was never used", sink, now)
            }
        case "readings" where isDescribed:
            let told = message.readings ?? []
            for reading in told.prefix(FloodWatch.mostASecond) { push(reading, sink, now) }
            return told.count
        case "readings": note(nonsense: "readings before it was `described`", sink, now)
        default: break
        }
        return 0
    }

    /// Takes a reading that nobody has asked for.
    private func push(_ reading: ExecMessage.Reading?, _ sink: any SampleSink, _ now: Instant) {
        let (sample, flaw) = readings.sample(of: reading, at: now)
        if let flaw { note(nonsense: flaw, sink, now) }
        if let sample { sink.take(sample) }
    }

    /// Takes note of what could not be understood.
    func note(nonsense what: String, _ sink: any SampleSink, _ now: Instant) {
        nonsense = nonsense ?? what
        guard remarks.admits(at: now) else { return }
        sink.tell("the program wrote \(what)", isTrouble: true)
    }
}
