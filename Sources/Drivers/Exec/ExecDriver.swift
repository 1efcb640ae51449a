import Buses
import Telemetry

/// A device that a program reads, in any language: exec-driver.md has the protocol.
///
/// What goes wrong with the program is bad quality of its own points: a crash or a program that
/// cannot be started `disconnected`, silence `timeout`, nonsense and a flood `corrupt`.
final class ExecDriver: Driver {
    /// One point.
    struct Point: Sendable, Hashable {
        var name: String
        /// nil if the program's is not compared.
        var unit: Unit?
        /// nil if it is not to be written.
        var writing: ExecWriting?
    }

    /// What the configuration says.
    struct Settings: Sendable {
        var device: String
        var points: [Point]
        /// How long an answer may take.
        var timeout: Duration
        /// How much of a processor the program may use over a minute, up to 1.
        var processorShare: Double
    }

    private let points: [Point]
    private let conversation: ExecConversation
    private var groups: [[Int]] = []
    /// Whether all points were said to be bad between two polls. They are read anew as soon as the
    /// program is back, and while it is silent: a point may have a long interval.
    private var isLost = false

    init(process: any LineProcess, settings: Settings) {
        points = settings.points
        conversation = ExecConversation(process: process, settings: settings)
    }

    func arrange(groups: [[Int]]) {
        self.groups = groups
    }

    var wakeTime: Instant? { conversation.wakeTime }

    func collect(into sink: any SampleSink) async {
        let start = sink.now()
        do throws(BusError) {
            try await conversation.attend(sink)
        } catch {
            guard !isLost else { return }
            isLost = true
            return fail(Array(points.indices), error, since: start, sink)
        }
        guard isLost || conversation.isSilent else { return }
        isLost = await !read(Array(points.indices), sink)
    }

    func poll(group: Int, into sink: any SampleSink) async {
        _ = await read(groups[group], sink)
    }

    // MARK: Reading

    /// Returns whether the program has answered.
    private func read(_ channels: [Int], _ sink: any SampleSink) async -> Bool {
        let start = sink.now()
        do throws(BusError) {
            try await conversation.begin(sink)
            let message = try await ask(for: channels, sink)
            sink.note(transfer: sink.now() - start, failure: nil)
            take(message?.readings ?? [], of: channels, sink)
            return true
        } catch {
            fail(channels, error, since: start, sink)
            return false
        }
    }

    /// Asks for those points that the program has; nil if there is none.
    private func ask(
        for channels: [Int], _ sink: any SampleSink
    ) async throws(BusError) -> ExecMessage? {
        let names = channels.filter { conversation.readings.standings[$0] == .fine }
            .map { points[$0].name }
        guard !names.isEmpty else { return nil }
        let id = conversation.nextID()
        let message = try await conversation.ask(.poll(id: id, points: names), id: id, sink)
        guard message.op == "polled" else { throw message.refusal }
        return message
    }

    /// Every channel that was asked for gets one sample.
    private func take(
        _ readings: [ExecMessage.Reading?], of channels: [Int], _ sink: any SampleSink
    ) {
        let now = sink.now()
        var samples: [Int: Sample] = [:]
        for reading in readings.prefix(FloodWatch.mostASecond) {
            let (sample, flaw) = conversation.readings.sample(of: reading, at: now)
            if let flaw { conversation.note(nonsense: flaw, sink, now) }
            if let sample { samples[sample.channel] = sample }
            guard let sample, !sample.quality.isGood, let reason = reading?.reason else { continue }
            let text =
                "\(points[sample.channel].name): \(reason.printable(ExecMessage.longestReason))"
            sink.note(transfer: .zero, failure: BusError(.system, text))
        }
        for channel in channels where samples[channel] == nil {
            let quality = conversation.readings.standings[channel].quality
            if quality == nil {
                conversation.note(
                    nonsense: "an answer without `\(points[channel].name)`", sink, now)
            }
            samples[channel] = Sample(
                channel: channel, value: nil, quality: quality ?? .corrupt, instant: now)
        }
        for (_, sample) in samples.sorted(by: { $0.key < $1.key }) {
            sink.take(sample)
        }
        guard let nonsense = conversation.nonsense else { return }
        sink.note(
            transfer: .zero, failure: BusError(.corrupt, "the program wrote \(nonsense)"))
    }

    private func fail(
        _ channels: [Int], _ error: BusError, since start: Instant, _ sink: any SampleSink
    ) {
        let now = sink.now()
        sink.note(transfer: now - start, failure: error)
        for channel in channels {
            sink.take(Sample(channel: channel, value: nil, quality: error.quality, instant: now))
        }
    }

    // MARK: Writing

    func write(
        _ value: Value, to channel: Int, into sink: any SampleSink
    ) async throws(DriverError) -> Value? {
        let point = points[channel]
        guard let writing = point.writing else { throw .notWritable(channel: point.name) }
        let accepted = try writing.accept(value)
        let message: ExecMessage
        do throws(BusError) {
            message = try await send(accepted, to: point, sink)
        } catch {
            throw .bus(error)
        }
        guard message.op == "written" else {
            throw .notTaken("\(point.name): \(message.refusal.message)")
        }
        guard let shown = message.value?.value, ExecReadings.fits(shown) else { return nil }
        sink.take(Sample(channel: channel, value: shown, quality: .good, instant: sink.now()))
        return shown
    }

    private func send(
        _ value: Value, to point: Point, _ sink: any SampleSink
    ) async throws(BusError) -> ExecMessage {
        try await conversation.begin(sink)
        let id = conversation.nextID()
        return try await conversation.ask(
            .write(id: id, point: point.name, value: value), id: id, sink)
    }
}
