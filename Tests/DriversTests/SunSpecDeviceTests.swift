import Buses
import FoundationEssentials
import LinuxBuses
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Devices whose registers pysunspec2 has laid out, read by our driver and by pysunspec2's client.
@Suite struct SunSpecDeviceTests {
    private enum Expected: Decodable {
        case none, number(Double), text(String)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .none
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }
    }

    private func bus(_ port: UInt16) -> ModbusTCPBus {
        ModbusTCPBus(
            line: ModbusLine(
                name: "plc", endpoint: .tcp(host: "127.0.0.1", port: port),
                responseTimeout: .seconds(5)),
            host: "127.0.0.1", port: port)
    }

    private func server() async throws -> (process: TestProcess, port: UInt16) {
        let process = TestProcess(support: "sunspec-server")
        try await process.start()
        return (process, try #require(UInt16(try await process.line())))
    }

    @Test(arguments: [125, 16])
    func readsWhatAnotherClientReads(maximumRegisters: Int) async throws {
        let (server, port) = try await server()
        let devices: [(unit: UInt8, models: [SunSpecChoice])] = [
            (
                1,
                [
                    .model(1), .model(103), .model(160), .model(203), .model(203, 2), .model(802),
                ]
            ),
            (2, [.model(1), .model(113)]), (3, [.model(1), .model(101)]),
        ]
        for (unit, models) in devices {
            let client = try await TestProcess([
                TestProcess.packageFolder + "/Tests/Support/sunspec-client", "\(port)", "\(unit)",
            ]).run()
            #expect(client.errors == "")
            let expected = try JSONDecoder().decode(
                [String: [String: Expected]].self, from: Data(client.output.utf8))
            let outcome = await SunSpecFixture(
                bus: bus(port), unit: unit, models: models, maximumRegisters: maximumRegisters
            ).poll()
            #expect(outcome.failures == [])
            for choice in models {
                compare(outcome, with: try #require(expected[key(choice)]), choice)
            }
        }
        try await server.end(15)
    }

    private func key(_ choice: SunSpecChoice) -> String {
        "\(choice.model.id)#\(choice.instance)"
    }

    private func compare(
        _ outcome: SunSpecFixture.Outcome, with expected: [String: Expected],
        _ choice: SunSpecChoice
    ) {
        for point in choice.model.points(trackers: 2) {
            let name = key(choice) + " " + point.name
            let tracker = point.name.wholeMatch(of: /mppt-(\d)-.*/)?.1
            let original = tracker.map { "module.\($0).\(point.original)" } ?? point.original
            switch expected[original] {
            case .number(let number):
                #expect(outcome.qualities[name] == .good, "\(name)")
                #expect(isNear(outcome.values[name], number, point), "\(name) \(number)")
            case .text(let text):
                #expect(outcome.values[name] == .string(text), "\(name)")
            case .some(.none):
                #expect(outcome.qualities[name] == .notAvailable, "\(name)")
            case nil:
                Issue.record("pysunspec2 has no \(original)")
            }
        }
    }

    /// Whether a value is this number; an enumeration's, whether it is the name of it.
    private func isNear(_ value: Value?, _ number: Double, _ point: SunSpecPoint) -> Bool {
        switch (value, point.type) {
        case (.string(let text), .enum16(let states?)):
            return states.name(of: UInt16(number)) == text
        case (.double(let value), _): return abs(value - number) <= abs(number) * 1e-6
        case (.uint64(let value), _): return Double(value) == number
        default: return false
        }
    }

    @Test func saysThatADeviceIsNoSunSpec() async throws {
        let (server, port) = try await server()
        let outcome = await SunSpecFixture(bus: bus(port), unit: 4, models: [.model(103)]).poll()
        #expect(Set(outcome.qualities.values) == [.corrupt])
        #expect(
            outcome.failures.map(\.message) == [
                "unit 4 has no SunSpec models: no `SunS` at 40000, 50000, 0"
            ])
        try await server.end(15)
    }
}
