import FoundationEssentials
import TestSupport
import Testing

/// A device of another library with a hole between its registers, and a gateway that reads both sides
/// in one request until it knows better.
@Suite struct LearnedHolesTests {
    private static let meter = """
          meter-1:
            driver: register-map
            bus: plc
            unit-id: 5
            interval: 100ms
            points:
              a: {holding: 5}
              b: {holding: 25}
        """

    @Test func whatADeviceRefusedIsNotAskedAgainAfterARestart() async throws {
        let folder = try TestFolder()
        let (server, broker) = (
            try await startServer("pymodbus-server"), try await MosquittoBroker(in: folder)
        )
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": server.port], devices: Self.meter)
        let first = try await TestGateway(in: folder)
        let learned = try await first.status { $0.devices[0].good >= 6 }
        #expect(learned.devices[0].bad > 0)
        try await first.stop()
        let file = try String(contentsOfFile: folder.path("journal.learned"), encoding: .utf8)
        #expect(file.contains("holding:6-25"))
        let second = try await TestGateway(in: folder)
        let known = try await second.status { $0.devices[0].good >= 6 }
        #expect(known.devices[0].bad == 0)
        try await second.stop()
    }
}
