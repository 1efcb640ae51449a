import Glibc
import TestSupport
import Testing

/// `armadio simulate modbus`, asked by pymodbus in another process.
@Suite struct SimulatorTests {
    /// What came of one request.
    private struct Answer: Decodable {
        var values: [UInt16]?
        var exception: Int?
        var received: Int
        var seconds: Double
    }

    /// Asks each unit for these registers.
    private func ask(
        _ field: SimulatedField, _ table: String, from address: Int, count: Int, units: [Int]
    ) async throws -> [Answer] {
        let program = TestProcess.packageFolder + "/Tests/Support/modbus-client"
        let client = TestProcess(
            [program, "\(field.port)", table, "\(address)", "\(count)"] + units.map(String.init))
        let outcome = try await client.run()
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try outcome.output.split(separator: "\n").map {
            try decode(Answer.self, from: "\($0)")
        }
    }

    @Test func everyUnitAnswersAndNoOther() async throws {
        let field = try await SimulatedField(units: 3, profile: "addresses")
        for table in ["input", "holding"] {
            let answers = try await ask(field, table, from: 1990, count: 3, units: [1, 2, 3, 4])
            #expect(
                answers.map(\.values) == Array(repeating: [1990, 1991, 1992], count: 3) + [nil])
            // Gateway target device failed to respond.
            #expect(answers[3].exception == 11)
        }
    }

    /// The meter's registers are those of the Eastron SDM630: float32, high word first.
    @Test func meterShowsPlausibleMovingValues() async throws {
        let field = try await SimulatedField(units: 2, profile: "meter")
        let answers = try await ask(field, "input", from: 0, count: 2, units: [1, 2])
        for answer in answers { #expect((200...260).contains(float(answer.values))) }
        #expect(answers[0].values != answers[1].values)
        let energy = try await ask(field, "input", from: 0x156, count: 2, units: [1])
        #expect(float(energy[0].values) > 0)
    }

    /// A meter whose lower words come first, on TCP as on a line.
    @Test func aSwappedMeterSendsItsLowerWordFirst() async throws {
        let field = try await SimulatedField(units: 2, profile: "meter", faults: ["swapped:2"])
        let answers = try await ask(field, "input", from: 0, count: 2, units: [1, 2])
        #expect((200...260).contains(float(answers[0].values)))
        #expect((200...260).contains(float(answers[1].values.map { $0.reversed() })))
    }

    private func float(_ registers: [UInt16]?) -> Float {
        guard let registers, registers.count == 2 else { return .nan }
        return Float(bitPattern: UInt32(registers[0]) << 16 | UInt32(registers[1]))
    }

    /// The fault switches as the help names them; units without a fault do not suffer.
    @Test func faultSwitchesDoWhatTheHelpSays() async throws {
        let field = try await SimulatedField(
            units: 5, faults: ["mute:1", "slow:2:300ms", "exception:3:4", "garbage:4"])
        let answers = try await ask(
            field, "holding", from: 7, count: 2, units: [1, 2, 3, 4, 4, 4, 4, 5])
        let (mute, slow, refusing) = (answers[0], answers[1], answers[2])
        #expect(mute.values == nil && mute.exception == nil && mute.received == 0)
        #expect(slow.values == [7, 8] && slow.seconds >= 0.3)
        #expect(refusing.exception == 4)
        for garbage in answers[3...6] {
            #expect(garbage.received > 0 && garbage.values == nil && garbage.exception == nil)
        }
        #expect(answers[7].values == [7, 8])
    }

    @Test(arguments: [SIGTERM, SIGINT]) func endsBySignal(_ signal: Int32) async throws {
        let field = try await SimulatedField()
        let outcome = try await field.process.end(signal)
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
    }

    @Test func saysThatThePortIsTaken() async throws {
        let field = try await SimulatedField()
        let outcome = try await armadio("simulate", "modbus", "--port", "\(field.port)")
        #expect(outcome.code == 1)
        #expect(
            outcome.errors == "armadio: listen 127.0.0.1:\(field.port): Address already in use\n")
    }

    @Test(arguments: [
        ("broken:1", "`broken:1` is not a fault; write mute:UNIT"),
        ("slow:1:2", "`2` has no unit; write us, ms, s, m, h or d behind the number"),
        ("exception:1:0", "`exception:1:0` is not a fault"),
        ("mute:300", "`mute:300` is not a fault"),
    ])
    func saysHowAFaultIsWritten(_ fault: String, _ message: String) async throws {
        let outcome = try await armadio("simulate", "modbus", "--port", "0", "--fault", fault)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(message))
    }
}
