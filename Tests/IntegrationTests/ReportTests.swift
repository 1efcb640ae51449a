import FoundationEssentials
import TestSupport
import Testing

/// The commissioning record of a real cabinet.
@Suite struct ReportTests {
    private struct Record: Decodable {
        struct Device: Decodable {
            var name: String
            var bus: String
            var address: String
            var kind: String
        }
        struct Point: Decodable {
            var point: String
            var quality: String?
        }
        struct Configuration: Decodable { var hash: String? }
        struct Sent: Decodable {
            struct Link: Decodable { var acknowledged: Int }
            var uplinks: [Link]
        }

        var gateway: String
        var devices: [Device]
        var points: [Point]
        var configuration: Configuration
        var status: Sent
    }

    private func cabinet() async throws -> (gateway: TestGateway, peers: [any Sendable]) {
        let folder = try TestFolder()
        let field = try await SimulatedField(profile: "meter")
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port],
            devices: """
                  meter-1:
                    driver: register-map
                    bus: plc
                    unit-id: 1
                    points:
                      voltage: {input: 0, type: float32, unit: V}
                """)
        let gateway = try await TestGateway(in: folder)
        _ = try await gateway.status { $0.uplinks[0].acknowledged > 0 && $0.devices[0].good > 0 }
        return (gateway, [field, broker])
    }

    @Test func theRecordHasWhatTheGatewayKnows() async throws {
        let (gateway, peers) = try await cabinet()
        let page = gateway.folder.path("record.html")
        let outcome = try await armadio(
            "report", "-c", gateway.configuration, "-o", page, "--json")
        #expect(outcome.code == 0)
        let record = try decode(Record.self, from: outcome.output)
        #expect(record.gateway == TestGateway.name && record.configuration.hash?.count == 64)
        #expect(record.devices.map(\.name) == ["meter-1"] && record.devices[0].address == "1")
        #expect(record.points.map(\.quality) == ["good"])
        #expect(record.status.uplinks[0].acknowledged > 0)
        let html = try String(contentsOfFile: page, encoding: .utf8)
        for text in ["meter-1/voltage", "register-map", "<polyline", "Signature", "mqtt://"] {
            #expect(
                html.contains(text) || text == "<polyline" && html.contains("<circle"), "\(text)")
        }
        // The bus is the gateway's again.
        let good = try await gateway.status { $0.devices[0].isAnswering }.devices[0].good
        _ = try await gateway.status { $0.devices[0].good > good }
        withExtendedLifetime(peers) {}
    }

    @Test func withoutAGatewayThereIsNoRecord() async throws {
        let folder = try TestFolder()
        try TestGateway.write(to: folder, broker: 1)
        let page = folder.path("record.html")
        let outcome = try await armadio(
            "report", "-c", folder.path("cabinet.yaml"), "-o", page)
        #expect(outcome.code == 3 && outcome.errors.contains("no gateway answers"))
        #expect(throws: (any Error).self) { try String(contentsOfFile: page, encoding: .utf8) }
    }
}
