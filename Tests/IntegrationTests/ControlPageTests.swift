import FoundationEssentials
import Platform
import TestSupport
import Testing

/// The examples of control.md, each asked of a running gateway.
@Suite struct ControlPageTests {
    private static let devices = """
          meter-1:
            {driver: register-map, bus: plc, unit-id: 1, points: {voltage: {holding: 7, unit: V}}}
          relay-1:
            {driver: register-map, bus: plc, unit-id: 1, points: {lamp: {coil: 0, writable: true}}}
        """

    private struct Answer: Decodable {
        struct Loan: Decodable { var number: UInt64 }
        struct Configuration: Decodable { var state: String }
        var error: String?
        var loan: Loan?
        var configuration: Configuration?
    }

    /// The requests of the page with the keys of their answers, in its order.
    private func examples() throws -> [(request: String, answer: String)] {
        let path = TestProcess.packageFolder + "/Sources/Gateway/Control/control.md"
        let page = try String(contentsOfFile: path, encoding: .utf8)
        return page.matches(of: #/\n> (.+)\n< \{"([a-z]+)":/#).map {
            (String($0.1), String($0.2))
        }
    }

    @Test func everyExampleIsAnsweredAsThePageSays() async throws {
        let (folder, field) = (try TestFolder(), try await SimulatedField())
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port], devices: Self.devices)
        let gateway = try await TestGateway(in: folder)
        _ = try await gateway.status { $0.devices.allSatisfy { $0.good > 0 } && $0.uplinks[0].isUp }
        // What is applied has to be another than what is in use.
        let file = try String(contentsOfFile: gateway.configuration, encoding: .utf8) + "# New.\n"
        try folder.write("cabinet.yaml", file)
        let examples = try examples()
        #expect(examples.count > 15)
        var loan = "7"
        for example in examples {
            let request = example.request
                .replacing("5f2c...", with: SHA256.hex(of: Array(file.utf8)))
                .replacing("192.168.1.20:502", with: "127.0.0.1:\(field.port)")
                .replacing("\"loan\":7", with: "\"loan\":\(loan)")
            let line = try await ControlSocketClient(folder.path("control.sock")).ask(request)
            let text = try #require(line, "\(request)")
            #expect(text.contains("\"\(example.answer)\":"), "\(request): \(text.prefix(300))")
            let answer = try decode(Answer.self, from: text)
            #expect(answer.error == nil, "\(request): \(text.prefix(300))")
            #expect(answer.configuration?.state != "refused", "\(request): \(text.prefix(300))")
            if let number = answer.loan?.number { loan = "\(number)" }
        }
        try await expectRecords(gateway)
        try await gateway.stop()
    }

    /// What changes something is in the log, and in the history, under the user's name.
    private func expectRecords(_ gateway: TestGateway) async throws {
        let user = try await TestProcess(["id", "-un"]).run().output.replacing("\n", with: "")
        let log = try await armadio("log", "-c", gateway.configuration).output
        for record in [
            "command of \(user) (control socket): relay-1/lamp to true: done",
            "\(user) (process ", ") rewinds ", ") wants the buses at 127.0.0.1:",
        ] { #expect(log.contains(record), "\(log)") }
        let history = try await armadio("config", "history", "-c", gateway.configuration, "--json")
        #expect(history.output.contains("\"\(user) at the cabinet\""), "\(history.output)")
    }
}
