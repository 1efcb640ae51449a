import Buses
import Settings
import Telemetry
import TestSupport

@testable import Drivers

/// A scripted program and its driver, with three points: `temp` in Cel, `rain` in mm and `heater`.
actor ExecScene {
    /// What the driver has told.
    final class Sink: SampleSink {
        var samples: [Sample] = []
        var failures: [BusError] = []
        var told: [String] = []
        private let clock: ManualClock

        init(clock: ManualClock) { self.clock = clock }

        func now() -> Instant { clock.now() }
        func take(_ sample: Sample) { samples.append(sample) }
        func note(transfer: Duration, failure: BusError?) {
            if let failure { failures.append(failure) }
        }
        func tell(_ message: String, isTrouble: Bool) { told.append(message) }
    }

    static let description =
        #"{"op":"described","points":{"temp":{"unit":"Cel"},"rain":{},"heater":{}}}"#

    let clock = ManualClock()
    let process: ScriptedLineProcess
    private let driver: ExecDriver
    private let sink: Sink

    nonisolated var unownedExecutor: UnownedSerialExecutor { process.unownedExecutor }

    /// The program describes itself unless `description` is nil; polls and writes are up to `script`.
    init(
        description: String? = ExecScene.description, processorShare: Double = 0.5,
        script: @escaping @Sendable (String) -> [ScriptedLineProcess.Reaction] = { _ in [] }
    ) throws {
        process = ScriptedLineProcess(clock: clock) { line in
            if line.contains(#""op":"describe""#) { return description.map { [.line($0)] } ?? [] }
            return script(line)
        }
        sink = Sink(clock: clock)
        let limits = ExecWriteOptions(min: nil, max: nil, safe: "off")
        driver = ExecDriver(
            process: process,
            settings: ExecDriver.Settings(
                device: "weather",
                points: [
                    .init(name: "temp", unit: Unit(unchecked: "Cel")), .init(name: "rain"),
                    .init(
                        name: "heater",
                        writing: try ExecWriting(name: "heater", option: .fields(limits))),
                ], timeout: .seconds(5), processorShare: processorShare))
        driver.arrange(groups: [[0, 1, 2]])
    }

    /// What a poll gave.
    func poll() async -> [Sample] {
        sink.samples = []
        await driver.poll(group: 0, into: sink)
        return sink.samples
    }

    /// What the program has told by itself.
    func collect() async -> [Sample] {
        sink.samples = []
        await driver.collect(into: sink)
        return sink.samples
    }

    func write(_ value: Value, to channel: Int = 2) async throws(DriverError) -> Value? {
        try await driver.write(value, to: channel, into: sink)
    }

    var samples: [Sample] { sink.samples }
    var failures: [BusError] { sink.failures }
    var told: [String] { sink.told }
    var wakeTime: Instant? { driver.wakeTime }

    /// An answer to polls, with these readings; `ID` in it is the request's id.
    static func answering(
        _ readings: String
    ) -> @Sendable (String) -> [ScriptedLineProcess.Reaction] {
        replying(#"{"op":"polled","id":ID,"readings":["# + readings + "]}")
    }

    /// Answers to each request.
    static func replying(
        _ lines: String...
    ) -> @Sendable (String) -> [ScriptedLineProcess.Reaction] {
        { request in lines.map { .line($0.replacing("ID", with: id(of: request))) } }
    }

    /// A request's id, as text.
    static func id(of request: String) -> String {
        let tail = request.split(separator: #""id":"#, maxSplits: 1).last ?? ""
        return String(tail.prefix { $0.isNumber })
    }

    static let whole =
        #"{"point":"temp","value":21.5},{"point":"rain","value":3},{"point":"heater","value":true}"#
}
