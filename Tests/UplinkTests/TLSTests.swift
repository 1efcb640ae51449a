import Platform
import Telemetry
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
            \(openSSLAuthority("ours"))
            signFor() {
              openssl ca -batch -notext -config authority.cnf -in broker.csr -out $1.pem \\
                -extfile broker.ext -startdate $2 -enddate $3
              cp broker.key $1.key
            }
            signFor expired 20200101000000Z 20200102000000Z
            signFor future 20900101000000Z 20910101000000Z
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
        settings(broker.port, authorities)
    }

    private func settings(
        _ port: UInt16, _ authorities: String? = "ours.pem"
    ) -> BrokerSettings {
        var settings = BrokerSettings.local(port)
        settings.tls = BrokerSettings.TLS(authorities: authorities.map { location($0) })
        return settings
    }

    private func location(_ name: String) -> FileLocation { .path(folder.path(name)) }

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
        for word in words { #expect(failure.message.contains(word), "\(failure)") }
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
            settings(broker, authorities), "is not signed by an authority that we trust",
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
        // In TLS 1.3 the word comes behind the handshake, and may be cut off by the end.
        try await expectFailure(settings, "the broker wants a client certificate")
        settings.tls?.certificate = location("cabinet.pem")
        settings.tls?.key = location("cabinet.key")
        try await expectLink(settings)
    }

    @Test func aBrokerThatWantsACertificateSaysSoInTheHandshakeOfOnePointTwo() async throws {
        let server = try await TLSServer(folder, "broker", ["-tls1_2", "-Verify", "1"])
        try await expectFailure(
            settings(server.port), "the broker wants a client certificate; set `certificate`")
    }

    @Test func filesThatCannotBeUsedAreNamed() async throws {
        let broker = try await broker()
        try await expectFailure(settings(broker, "missing"), folder.path("missing"), "No such file")
        try folder.write("text", "no certificate")
        try await expectFailure(settings(broker, "text"), folder.path("text"))
        var half = settings(broker)
        half.tls?.certificate = location("cabinet.pem")
        try await expectFailure(half, "together")
        half.tls?.key = location("theirs.key")
        try await expectFailure(half, "our key does not belong to our certificate")
        half.tls?.key = location("broker.csr")
        try await expectFailure(half, "our key cannot be used")
    }

    // MARK: The broker's certificate and the clock

    @Test func anExpiredCertificateIsNamedWithItsDate() async throws {
        let broker = try await broker("expired")
        try await expectFailure(
            settings(broker),
            "the broker's certificate has expired on 2020-01-02T00:00:00Z; the clock")
    }

    /// To a clock of 1970 every certificate is one of the future.
    @Test func aCertificateOfTheFutureIsNamedWithItsDate() async throws {
        let broker = try await broker("future")
        let failure = try await MQTTConnection.firstFailure(settings(broker))
        let isSet = SystemClock().anchor().quality == .synchronized
        #expect(failure.code == (isSet ? .tls : .clockNotSet))
        #expect(
            failure.message.contains(
                "the broker's certificate is valid from 2090-01-01T00:00:00Z on; the clock, which"))
    }

    /// Whoever waits for a time source goes on when it comes, and nobody else does.
    @Test func aClockThatIsSetEndsTheWait() async throws {
        let broker = try ScriptedBroker()
        let connection = MQTTConnection(settings: .local(broker.port), will: { _ in nil })
        await connection.waitForClock()
        await connection.clockChanged()
        _ = try await broker.welcome()
        _ = try await connection.nextLink()
        await connection.stop(farewell: nil, within: .zero)
    }

    // MARK: Versions, ciphers, protocols

    @Test(arguments: ["tlsv1.2", "tlsv1.3"])
    func everyVersionFromOnePointTwoOnIsSpoken(version: String) async throws {
        let broker = try await broker("broker", ["tls_version \(version)"])
        try await expectLink(settings(broker))
        try await broker.end()
    }

    @Test func aBrokerOfOldVersionsIsNotSpokenTo() async throws {
        let server = try await TLSServer(
            folder, "broker", ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        try await expectFailure(
            settings(server.port), "the broker has no version in common with us (TLS 1.2 or later)")
    }

    /// The broker's certificate has a key for elliptic curves, and this cipher wants RSA.
    @Test func aBrokerWithoutACommonCipherIsNamed() async throws {
        let server = try await TLSServer(
            folder, "broker", ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"])
        try await expectFailure(settings(server.port), "no cipher and version in common with us")
    }

    @Test func theApplicationProtocolIsAskedFor() async throws {
        let server = try await TLSServer(folder, "broker", ["-alpn", "mqtt"])
        var settings = settings(server.port)
        settings.tls?.applicationProtocol = "x-other"
        try await expectFailure(settings, "the broker does not speak `x-other`; check `alpn`")
        settings.tls?.applicationProtocol = "mqtt"
        let connection = await MQTTConnection.started(settings)
        _ = try await server.process.line(containing: "CONNECTION ESTABLISHED", on: .errors)
        await connection.stop(farewell: nil, within: .zero)
    }

    // MARK: A key of both sides' own

    private static let sharedKey = "00112233445566778899aabbccddeeff"

    private func withKey(
        _ port: UInt16, identity: String = "cabinet-17", key: String = sharedKey
    ) throws -> BrokerSettings {
        var settings = BrokerSettings.local(port)
        settings.tls = BrokerSettings.TLS()
        let secret = Secret(file: try folder.write("psk-\(key.utf8.count)", key + "\n"))
        settings.tls?.sharedKey = BrokerSettings.SharedKey(identity: identity, key: secret)
        return settings
    }

    @Test(arguments: ["tlsv1.2", "tlsv1.3"])
    func aSharedKeyNeedsNoCertificate(version: String) async throws {
        let file = try folder.write("keys", "cabinet-17:\(Self.sharedKey)\n")
        let broker = try await MosquittoBroker(
            in: folder,
            [
                "psk_hint cabinets", "psk_file \(file)", "use_identity_as_username true",
                "allow_anonymous false", "tls_version \(version)",
            ])
        try await expectLink(try withKey(broker.port))
        try await expectFailure(
            try withKey(broker.port, identity: "nobody"),
            "the broker does not know the identity `nobody`, or has another key for it; check `psk`"
        )
        try await expectFailure(
            try withKey(broker.port, key: String(repeating: "ab", count: 16)),
            "or has another key for it; check `psk`")
    }

    /// The library alone would believe it: anybody with any certificate could stand between.
    @Test(arguments: ["tlsv1.2", "tlsv1.3"])
    func aBrokerWithoutTheKeyIsNotBelievedWhateverItsCertificate(version: String) async throws {
        let broker = try await broker("broker", ["tls_version \(version)"])
        let failure = try await MQTTConnection.firstFailure(try withKey(broker.port))
        #expect(failure.code == .tls && failure.message.contains("check `psk`"), "\(failure)")
    }

    @Test(arguments: ["", "secret", "0011", String(repeating: "0", count: 33)])
    func whatIsNoKeyIsNotTold(key: String) async throws {
        let settings = try withKey(1, key: key)
        try await expectFailure(settings, "is no key; write 32 to 512 hexadecimal digits")
        let told = try await MQTTConnection.firstFailure(settings).message
        #expect(key.count < 5 || !told.replacing(folder.path, with: "").contains(key))
    }
}

extension MQTTConnection {
    /// As if a certificate had not been valid yet, and the next try were far away.
    fileprivate func waitForClock() {
        start()
        state = .waiting(until: clock.now() + .seconds(3600))
        isWaitingForClock = true
    }
}
