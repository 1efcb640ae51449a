import Buses
import Journal
import Logging
import Platform
import Settings
import Telemetry
import TestSupport
import Testing

@testable import Gateway

/// The last gasp, with a line that a test moves, a journal on a real disk and a real broker.
@Suite struct PowerFailTests {
    private struct Buses: BusProvider {
        var meter = ScriptedModbusBus([1: .addresses(count: 10)])
        var power = ScriptedGPIOBank(["mains-fail": false])
        var street = ScriptedGPIOBank(["door": false])

        func modbus(_ line: ModbusLine) -> any ModbusBus { meter }
        func i2c(_ line: I2CLine) -> any I2CBus { preconditionFailure("no I2C here") }
        func gpio(named name: String) -> any GPIOBank { name == "power-fail" ? power : street }
        func sensors(named name: String) -> any SensorFiles { preconditionFailure("no chips here") }
        func process(_ line: ProgramLine) -> any LineProcess {
            preconditionFailure("no programs here")
        }

        func fail(_ isFailing: Bool) async {
            await power.move(
                "mains-fail", [Edge(isActive: isFailing, at: power.executor.now)])
        }
    }

    /// Prints how long the last gasp took, and nothing else.
    private struct Figures: LogHandler {
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.critical

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { print(event.message) }
    }

    private struct TooLate: Error {
        var report: StatusReport
    }

    private let folder: TestFolder
    private let buses = Buses()

    init() throws { folder = try TestFolder() }

    private func configuration(broker: UInt16) -> String {
        """
        gateway: g
        uplink: {broker: "mqtt://127.0.0.1:\(broker)", batch: {age: 100ms}}
        journal: {path: \(folder.path)/journal, commit-after: 1h}
        control: {socket: \(folder.path)/control.sock}
        power-fail: {line: mains-fail, return-after: 1s}
        buses: {plc: {modbus-tcp: {host: meter.invalid}}}
        devices:
          meter: {driver: register-map, bus: plc, unit-id: 1, interval: 20ms, points: {a: {holding: 1}}}
          street: {driver: gpio, points: {door: {line: door}}}

        """
    }

    private func cabinet(broker: UInt16) async throws -> Cabinet {
        let file = SettingsFile(
            bytes: Array(configuration(broker: broker).utf8), name: "cabinet.yaml")
        let points = PointTable()
        let plan = try CabinetPlan.load(file, points: points, profiles: ProfileLibrary())
        let cabinet = Cabinet(
            plan: plan, points: points,
            environment: Cabinet.Environment(
                buses: buses, clock: SystemClock(),
                logger: Logger(label: "test") { _ in Figures() }, version: "1"))
        try await cabinet.start()
        return cabinet
    }

    private func report(
        of cabinet: Cabinet, until fits: (StatusReport) -> Bool
    ) async throws -> StatusReport {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            let report = await cabinet.board.report
            if fits(report) { return report }
            guard ContinuousClock.now < deadline else { throw TooLate(report: report) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// What another program finds in the journal's folder, as it would after the power has gone.
    private func unsentOnDisk() throws -> UInt64 {
        let inspection = try JournalInspection(
            directory: folder.path("journal"), points: PointTable())
        return try inspection.summary().queues.reduce(0) { $0 + $1.unsent }
    }

    @Test func whatWasReadIsOnTheDisk() async throws {
        let cabinet = try await cabinet(broker: 1)
        // A file is ready before anything is written to it.
        let before = try await report(of: cabinet) {
            $0.journal.inMemory > 20 && $0.journal.diskBytes > 0
        }
        #expect(before.journal.commits == 0)
        #expect(try unsentOnDisk() == 0)
        #expect(before.powerFail?.isActive == false)
        await buses.fail(true)
        let after = try await report(of: cabinet) {
            $0.powerFail?.isActive == true && $0.journal.inMemory == 0
                && $0.buses?.map(\.name) == ["gpio"]
        }
        #expect(after.powerFail?.count == 1)
        #expect(after.journal.diskBytes == before.journal.diskBytes)
        // The meter's bus is not polled, the contact is heard on, and written at once.
        let answer = try await ControlSocketClient(folder.path("control.sock"))
            .ask(#"{"command":"read","device":"meter","points":["a"]}"#)
        #expect(answer == #"{"error":"meter is not polled while the mains are gone"}"#)
        let count = try await settledCount(of: cabinet)
        #expect(try unsentOnDisk() == count)
        await buses.street.move("door", [Edge(isActive: true, at: SystemClock().now())])
        _ = try await report(of: cabinet) { $0.journal.readings == count + 1 }
        _ = try await report(of: cabinet) { $0.journal.inMemory == 0 }
        #expect(try unsentOnDisk() == count + 1)
        await cabinet.stop()
    }

    /// How many readings there are once the last request has ended: each point says once more that
    /// it is not read any longer.
    private func settledCount(of cabinet: Cabinet) async throws -> UInt64 {
        var last: UInt64 = .max
        while true {
            let count = await cabinet.board.report.journal.readings
            if count == last { return count }
            last = count
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    @Test func platformsAreToldWhyAndThatItIsOver() async throws {
        let broker = try await MosquittoBroker(in: folder)
        let words = try await broker.subscriber(to: "armadio/g/status", count: 3, format: "%p")
        let cabinet = try await cabinet(broker: broker.port)
        _ = try await words.line(containing: "\"online\"")
        await buses.fail(true)
        let word = try await words.line(containing: "offline")
        #expect(word == #"{"status":"offline","reason":"power-fail"}"#)
        #expect(
            try await broker.retained("armadio/g/status")
                == #"{"status":"offline","reason":"power-fail"}"#)
        let down = try await report(of: cabinet) { !$0.uplinks[0].isUp }
        #expect(down.uplinks[0].nextTrySeconds == nil)
        let taken = down.devices[0].good
        await buses.fail(false)
        _ = try await words.line(containing: "\"online\"")
        let back = try await report(of: cabinet) {
            $0.uplinks[0].isUp && $0.devices[0].good > taken + 5 && $0.journal.oldestSeconds == nil
        }
        #expect(back.powerFail?.isActive == false)
        await cabinet.stop()
    }

    /// A line that cannot be had is told and tried again; everything else goes on.
    @Test func aLineThatIsNotThereIsTold() async throws {
        await buses.power.fail("mains-fail", BusError(.disconnected, "no such line"))
        let cabinet = try await cabinet(broker: 1)
        let report = try await report(of: cabinet) { $0.powerFail?.failure != nil }
        #expect(report.powerFail?.failure == "no such line")
        _ = try await self.report(of: cabinet) { $0.devices[0].good > 5 }
        await cabinet.stop()
    }

    // MARK: The configuration

    @Test func aLineHasOneOwner() {
        let text = configuration(broker: 1).replacing("line: door", with: "line: mains-fail")
        let file = SettingsFile(bytes: Array(text.utf8), name: "cabinet.yaml")
        do throws(SettingsProblems) {
            _ = try CabinetPlan.load(file, points: PointTable(), profiles: ProfileLibrary())
            Issue.record("it was taken")
        } catch {
            #expect(
                error.problems.map(\.description) == [
                    "cabinet.yaml:5:20: the line `mains-fail` is used by `street/door`; give one of "
                        + "them another line"
                ])
        }
    }

    // MARK: The judgement

    private func edge(_ isActive: Bool, _ milliseconds: Int64) -> Edge {
        Edge(isActive: isActive, at: Instant(nanoseconds: milliseconds * 1_000_000))
    }

    @Test func theFirstEdgeCountsUnlessItIsToHold() {
        var judge = PowerFailJudge(debounce: .zero, returnAfter: .seconds(1))
        #expect(judge.take(edge(true, 5)) == nil)
        #expect(judge.settle(at: edge(true, 5).instant) == edge(true, 5))
        #expect(judge.isFailing)
        var patient = PowerFailJudge(debounce: .milliseconds(10), returnAfter: .seconds(1))
        #expect(patient.take(edge(true, 5)) == nil)
        #expect(patient.deadline == edge(true, 15).instant)
        #expect(patient.take(edge(false, 9)) == nil && patient.deadline == nil)
        #expect(patient.take(edge(true, 20)) == nil)
        #expect(patient.take(edge(false, 31)) == edge(true, 20))
    }

    /// Mains that come and go are back only when they stay.
    @Test func theMainsAreBackWhenTheyStay() {
        var judge = PowerFailJudge(debounce: .zero, returnAfter: .seconds(1))
        judge.see(true, at: edge(true, 0).instant)
        #expect(judge.settle(at: edge(true, 0).instant) == edge(true, 0))
        for start in stride(from: Int64(100), to: 2000, by: 900) {
            #expect(judge.take(edge(false, start)) == nil)
            #expect(judge.take(edge(true, start + 800)) == nil)
        }
        #expect(judge.take(edge(false, 3000)) == nil)
        #expect(judge.settle(at: edge(false, 3999).instant) == nil)
        #expect(judge.settle(at: edge(false, 4000).instant) == edge(false, 3000))
        #expect(!judge.isFailing)
    }
}
