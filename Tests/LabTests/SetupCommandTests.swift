import FoundationEssentials
import TestSupport
import Testing

extension LabTests {
    /// `armadio setup` with a kernel's chip and line.
    @Suite(.serialized) struct SetupCommandTests {
        @Test func aTemperatureAndADoorAreSetUpAndDeliver() async throws {
            let lab = try Lab()
            let folder = try TestFolder(below: "/run")
            let broker = try await MosquittoBroker(in: folder)
            try await lab.set(0, of: 0x48, to: 0x1980)
            let answers = try folder.write(
                "answers.yaml",
                """
                board: none
                site: lab
                buses: \(Lab.adapter)
                devices:
                  i2c-0/0x20: {driver: skip}
                  i2c-0/0x40: {driver: skip}
                  i2c-0/0x48: {driver: lm75, name: air, right: yes}
                  i2c-0/0x49: {driver: skip}
                lines: door
                line-points:
                  door: {name: door, contact: plain, right: yes}
                uplink: {broker: "mqtt://127.0.0.1:\(broker.port)", username: none, session: senml}
                write: yes
                start: try

                """)
            let readings = try await broker.subscriber(
                to: "armadio/lab/telemetry", count: 100_000, format: "%p")
            let outcome = try await TestProcess(armadio: [
                "setup", "--answers", answers, "-c", folder.path("cabinet.yaml"), "--journal",
                folder.path("journal"), "--socket", folder.path("control.sock"),
            ]).run()
            #expect(outcome.code == 0, "\(outcome)")
            #expect(outcome.output.contains("temp  25.50 Cel"))
            #expect(outcome.output.contains("ok    lines answers"))
            _ = try await readings.line(containing: "lab/air/")
        }
    }
}
