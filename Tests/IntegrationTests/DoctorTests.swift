import Glibc
import TestSupport
import Testing

/// `armadio doctor` on cabinets with faults that people make, and on one that is well.
@Suite(.timeLimit(.minutes(3))) struct DoctorCommandTests {
    /// What a test reads of `armadio doctor --json`.
    private struct Diagnosis: Decodable {
        var checks: Int
        var problems: Int
        var findings: [FindingLine]

        func first(_ what: String) -> FindingLine? { findings.first { $0.what.contains(what) } }
    }

    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private func doctor(
        _ options: String..., code: Int32
    ) async throws -> Diagnosis {
        let outcome = try await TestProcess(
            armadio: ["doctor", "-c", folder.path("cabinet.yaml"), "--json"] + options
        ).run()
        #expect(outcome.code == code, "\(outcome)")
        #expect(outcome.errors == "")
        return try decode(Diagnosis.self, from: outcome.output)
    }

    private func write(uplink: String, rest: String = "") throws {
        try folder.write(
            "cabinet.yaml",
            """
            gateway: cabinet-0042
            uplink: \(uplink)
            journal: {path: \(folder.path)/journal}
            control: {socket: \(folder.path)/control.sock}
            \(rest)

            """)
    }

    @Test func aHealthyCabinetHasNoProblems() async throws {
        let field = try await SimulatedField()
        let broker = try await MosquittoBroker(in: folder)
        try TestGateway.write(
            to: folder, broker: broker.port, buses: ["plc": field.port],
            devices: "  m: {driver: register-map, bus: plc, unit-id: 1, points: {a: {holding: 7}}}")
        let gateway = try await TestGateway(in: folder)
        _ = try await gateway.status { $0.uplinks[0].acknowledged > 0 && $0.devices[0].good > 0 }
        let subscriber = try await broker.subscriber(to: "armadio/+/doctor", count: 1)
        let diagnosis = try await doctor("--publish-test", code: 0)
        #expect(diagnosis.problems == 0)
        #expect(diagnosis.checks == diagnosis.findings.count)
        #expect(diagnosis.first("the broker lets us in with MQTT 5")?.severity == "ok")
        #expect(diagnosis.first("the broker took a test message")?.severity == "ok")
        #expect(diagnosis.first("its device answers")?.severity == "ok")
        #expect(try await subscriber.end().output.contains("\n0 armadio doctor\n"))
        // The examination has not thrown the gateway out.
        let status = try await gateway.status { _ in true }
        #expect(status.uplinks[0].isUp)
        let text = try await TestProcess(
            armadio: ["doctor", "-c", folder.path("cabinet.yaml"), "-v"]
        ).run()
        #expect(text.output.contains("\n+ gateway: cabinet-0042 runs since "))
        #expect(text.output.contains(#/\n[0-9]+ checks: /#))
        try await gateway.stop()
    }

    @Test func namesWhatIsNotThere() async throws {
        try folder.write("secret", "hunter2")
        chmod(folder.path("secret"), 0o644)
        try write(
            uplink: """
                {broker: "mqtt://nonexistent.invalid", username: u, \
                password: {file: \(folder.path)/secret}}
                """,
            rest: """
                buses:
                  plc: {modbus-rtu: {port: \(folder.path)/ttyUSB7}}
                devices:
                  m: {driver: register-map, bus: plc, unit-id: 1, points: {a: {holding: 7}}}
                """)
        let diagnosis = try await doctor(code: 1)
        let secret = try #require(diagnosis.first("is open to every user (mode 644)"))
        #expect(secret.severity == "problem")
        #expect(secret.mend == "chmod o-rwx \(folder.path)/secret")
        let port = try #require(diagnosis.first("\(folder.path)/ttyUSB7 is not there"))
        #expect(port.subject == "bus plc" && port.severity == "problem")
        let name = try #require(diagnosis.first("nonexistent.invalid has no address"))
        #expect(name.subject == "uplink" && name.severity == "problem")
        #expect(diagnosis.first("none runs that answers on")?.severity == "warning")
        #expect(diagnosis.problems == 3)
    }

    @Test func namesABrokerThatRefusesThePassword() async throws {
        try await folder.run(
            "touch users; chmod 600 users; mosquitto_passwd -b users cabinet right; "
                + "echo wrong > secret; chmod 600 secret")
        let broker = try await MosquittoBroker(
            in: folder, ["allow_anonymous false", "password_file \(folder.path)/users"])
        try write(
            uplink: """
                {broker: "mqtt://127.0.0.1:\(broker.port)", username: cabinet, \
                password: {file: \(folder.path)/secret}}
                """)
        let diagnosis = try await doctor("--only", "network", code: 1)
        #expect(diagnosis.problems == 1)
        let refusal = try #require(diagnosis.findings.first { $0.severity == "problem" })
        #expect(refusal.what.contains("127.0.0.1:\(broker.port)"))
        #expect(refusal.mend?.contains("password") == true)
        try await folder.run("echo right > secret")
        #expect(try await doctor("--only", "network", code: 0).problems == 0)
    }

    @Test func namesAnExpiredAuthority() async throws {
        try await folder.run(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 \
              -subj /CN=authority -keyout ca.key -out new.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
              -subj /CN=old -keyout old.key -out old.csr
            printf '[ca]\\ndefault_ca=o\\n[o]\\ndatabase=index.txt\\nnew_certs_dir=.\\n' > ca.cnf
            printf 'certificate=new.pem\\nprivate_key=ca.key\\nrand_serial=yes\\n' >> ca.cnf
            printf 'default_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' >> ca.cnf
            : > index.txt
            openssl ca -batch -notext -config ca.cnf -in old.csr -out ca.pem \
              -startdate 20200101000000Z -enddate 20200102000000Z
            """)
        try write(
            uplink: "{broker: \"mqtts://127.0.0.1:1\", tls: {ca: \(folder.path)/ca.pem}}")
        let diagnosis = try await doctor("--only", "network", code: 1)
        let expired = try #require(diagnosis.first("`old` has expired on 2020-01-02"))
        #expect(expired.subject == "`ca` of uplink" && expired.severity == "problem")
        #expect(diagnosis.first("127.0.0.1:1 cannot be reached")?.severity == "problem")
    }

    @Test func namesTheMistakesOfAConfiguration() async throws {
        try write(uplink: "{broker: \"mqtt://127.0.0.1\", windw: 3}")
        let diagnosis = try await doctor("--only", "configuration", code: 1)
        #expect(diagnosis.problems == 1)
        #expect(diagnosis.first("unknown key `windw`")?.mend == "did you mean `window`?")
        #expect(diagnosis.first("cabinet.yaml:2:")?.severity == "problem")
    }
}
