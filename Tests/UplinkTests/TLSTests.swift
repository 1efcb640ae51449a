import Platform
import TestSupport
import Testing

@testable import Uplink

/// Encryption, against a real broker with certificates of the test's own.
@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    private let folder: TestFolder

    init() async throws {
        folder = try TestFolder()
        try await folder.run(
            """
            key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
            for name in ours theirs; do
              openssl req -x509 $key -days 2 -subj /CN=$name -keyout $name.key -out $name.pem
            done
            sign() {
              openssl req $key -subj /CN=$1 -keyout $1.key -out $1.csr
              printf "$2" > $1.ext
              openssl x509 -req -in $1.csr -CA ours.pem -CAkey ours.key -CAcreateserial -days 2 \
                -extfile $1.ext -out $1.pem
            }
            sign broker subjectAltName=IP:127.0.0.1
            sign elsewhere subjectAltName=DNS:broker.example
            sign cabinet extendedKeyUsage=clientAuth
            """)
    }

    /// A broker that shows a certificate of ours.
    private func broker(
        _ certificate: String = "broker", _ lines: [String] = []
    ) async throws -> MosquittoBroker {
        try await MosquittoBroker(
            in: folder,
            [
                "allow_anonymous true", "certfile \(folder.path(certificate)).pem",
                "keyfile \(folder.path(certificate)).key",
            ] + lines)
    }

    private func settings(
        _ broker: MosquittoBroker, _ authorities: String? = "ours.pem"
    ) -> BrokerSettings {
        var settings = BrokerSettings.local(broker.port)
        settings.tls = BrokerSettings.TLS(authorities: authorities.map(folder.path))
        return settings
    }

    private func expectLink(_ settings: BrokerSettings) async throws {
        let connection = await MQTTConnection.started(settings)
        let link = try await connection.nextLink()
        await connection.publish(OutboundMessage("m"), 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    private func expectFailure(_ settings: BrokerSettings, _ words: String...) async throws {
        let failure = try await MQTTConnection.firstFailure(settings)
        #expect(failure.code == .tls)
        for word in words { #expect(failure.message.contains(word)) }
    }

    @Test func theAuthorityWeTrustIsEnough() async throws {
        let broker = try await broker()
        try await expectLink(settings(broker))
    }

    /// More than the sockets hold at a time: writing waits for room, and goes on.
    @Test func aLargeMessageGoesThroughEncryption() async throws {
        let broker = try await broker()
        let connection = await MQTTConnection.started(settings(broker))
        let link = try await connection.nextLink()
        let large = OutboundMessage(String(repeating: "x", count: 20_000_000))
        await connection.publish(large, 1, over: link)
        #expect(try await connection.nextSettled(1) == [1])
        await connection.stop(farewell: nil, within: .seconds(1))
    }

    @Test(arguments: ["theirs.pem", nil])
    func anotherAuthoritysCertificateIsNotTrusted(authorities: String?) async throws {
        let broker = try await broker()
        try await expectFailure(
            settings(broker, authorities), "certificate verify failed",
            "unable to get local issuer certificate")
    }

    @Test func anotherHostsCertificateIsNotTrusted() async throws {
        let broker = try await broker("elsewhere")
        try await expectFailure(
            settings(broker),
            "the broker's certificate is for another name than 127.0.0.1")
    }

    @Test func aPortThatDoesNotSpeakTLSIsNamed() async throws {
        let plain = try await MosquittoBroker(in: folder)
        try await expectFailure(settings(plain), "check whether the port speaks TLS")
    }

    @Test func aPortThatWantsTLSIsNamed() async throws {
        let broker = try await broker()
        var settings = settings(broker)
        settings.tls = nil
        let failure = try await MQTTConnection.firstFailure(settings)
        #expect(failure.code == .closed)
        #expect(failure.message.contains("check whether the port wants TLS"))
    }

    @Test func aBrokerThatWantsOurCertificateGetsIt() async throws {
        let broker = try await broker(
            "broker", ["cafile \(folder.path("ours.pem"))", "require_certificate true"])
        var settings = settings(broker)
        try await expectFailure(settings, "certificate")
        settings.tls?.certificate = folder.path("cabinet.pem")
        settings.tls?.key = folder.path("cabinet.key")
        try await expectLink(settings)
    }

    @Test func filesThatCannotBeUsedAreNamed() async throws {
        let broker = try await broker()
        try await expectFailure(settings(broker, "missing"), folder.path("missing"), "No such file")
        try folder.write("text", "no certificate")
        try await expectFailure(settings(broker, "text"), folder.path("text"))
        var half = settings(broker)
        half.tls?.certificate = folder.path("cabinet.pem")
        try await expectFailure(half, "together")
        half.tls?.key = folder.path("theirs.key")
        try await expectFailure(half, "key")
    }
}
