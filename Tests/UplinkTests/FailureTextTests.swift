import CMosquitto
import Glibc
import Telemetry
import TestSupport
import Testing

@testable import Uplink

/// What a technician is told when the broker cannot be reached: the broker, what happened, what
/// to look at.
@Suite struct FailureTextTests {
    private func context(
        user: String? = nil, tls: Bool = false, wasUp: Bool = false, complaint: String? = nil,
        handshake: HandshakeComplaint? = nil, clock: ClockAnchor = .synchronized
    ) -> FailureContext {
        var settings = BrokerSettings(host: "broker.example", port: 1883, clientID: "cabinet-17")
        settings.userName = user
        settings.tls = tls ? BrokerSettings.TLS() : nil
        settings.connectTimeout = .seconds(7)
        settings.inFlightAge = .seconds(42)
        return FailureContext(
            settings: settings, wasUp: wasUp, complaint: complaint, handshake: handshake,
            clock: clock)
    }

    private func failure(_ code: mosq_err_t, _ context: FailureContext) -> ConnectionFailure {
        context.failure(MosquittoClient.Failure(code: Int32(code.rawValue)))
    }

    // MARK: Refusals

    /// An MQTT 3.1.1 return code and the MQTT 5 reason for the same are told alike.
    @Test(arguments: [
        (UInt8(1), UInt8(0x84), ConnectionFailure.Code.protocolVersion),
        (2, 0x85, .clientIdentifier),
        (3, 0x88, .rejected), (4, 0x86, .badCredentials), (5, 0x87, .notAuthorized),
    ])
    func refusalIsToldAlikeInBothVersions(
        v311: UInt8, v5: UInt8, code: ConnectionFailure.Code
    ) {
        #expect(context().refusal(v311).code == code)
        #expect(context().refusal(v311) == context().refusal(v5))
        #expect(context().refusal(v5).message.hasPrefix("broker.example:1883 "))
    }

    @Test func refusalNamesWhoWasRefused() {
        #expect(context(user: "anna").refusal(4).message.contains("user anna"))
        #expect(context().refusal(5).message.contains("client cabinet-17 without a user"))
        #expect(context().refusal(2).message.contains("client id cabinet-17"))
    }

    @Test func refusalWithoutWordsOfItsOwnHasTheStandardsName() {
        let failure = context().refusal(0x9F)
        #expect(failure.code == .rejected)
        #expect(failure.message.hasSuffix("connection rate exceeded (0x9f)"))
        #expect(context().refusal(0xFE).message.hasSuffix("unknown reason (0xfe)"))
    }

    @Test func goodbyeOfASecondClientSaysWhatToLookFor() {
        let failure = context(wasUp: true).goodbye(ReasonCode(rawValue: 0x8E))
        #expect(failure.code == .closed)
        #expect(
            failure.message == "broker.example:1883 ended the connection: session taken over "
                + "(0x8e); another client uses the client id cabinet-17")
    }

    // MARK: The network

    @Test(arguments: [
        (ECONNREFUSED, ConnectionFailure.Code.refused, "nothing listens there"),
        (ENETUNREACH, .unreachable, "check the uplink's cable"),
        (EHOSTUNREACH, .unreachable, "check the uplink's cable"),
        (ETIMEDOUT, .timeout, "no answer"), (ECONNRESET, .closed, "closed the connection"),
        (EPIPE, .closed, "closed the connection"), (EMFILE, .local, "Too many open files"),
    ])
    func systemErrorSaysWhatToLookAt(errno: Int32, code: ConnectionFailure.Code, words: String) {
        let failure = context().system(errno)
        #expect(failure.code == code)
        #expect(failure.message.contains(words))
        let called = MosquittoClient.Failure(code: Int32(MOSQ_ERR_ERRNO.rawValue), errno: errno)
        #expect(context().failure(called) == failure)
    }

    @Test(arguments: [
        (MOSQ_ERR_EAI, ConnectionFailure.Code.nameNotResolved), (MOSQ_ERR_KEEPALIVE, .timeout),
        (MOSQ_ERR_PROTOCOL, .protocolError), (MOSQ_ERR_MALFORMED_PACKET, .protocolError),
        (MOSQ_ERR_CONN_LOST, .closed), (MOSQ_ERR_NO_CONN, .closed), (MOSQ_ERR_NOMEM, .local),
    ])
    func libraryErrorHasItsKind(error: mosq_err_t, code: ConnectionFailure.Code) {
        #expect(failure(error, context()).code == code)
    }

    @Test func lossBeforeTheAnswerPointsAtTLS() {
        #expect(failure(MOSQ_ERR_CONN_LOST, context()).message.contains("wants TLS"))
        #expect(failure(MOSQ_ERR_CONN_LOST, context(tls: true)).message.contains("speaks TLS"))
        #expect(
            failure(MOSQ_ERR_CONN_LOST, context(wasUp: true)).message
                == "broker.example:1883 closed the connection")
    }

    @Test func timeoutTellsAnOpenPortFromASilentOne() {
        #expect(context().timeout(tcpUp: true).message.contains("check the port"))
        #expect(context().timeout(tcpUp: false).message.contains("check the firewall"))
        #expect(context().timeout(tcpUp: true).message.contains("within 7"))
        #expect(context().tooOld().message.contains("within 42"))
    }

    // MARK: TLS

    @Test func failedHandshakeSaysWhy() {
        let name = context(tls: true, complaint: "Error: host name verification failed.")
        #expect(failure(MOSQ_ERR_TLS, name).message.contains("another name than broker.example"))
        let plain = context(tls: true, complaint: "wrong version number")
        #expect(failure(MOSQ_ERR_TLS, plain).message.contains("the port does not speak TLS"))
    }

    private func verification(_ code: Int) -> HandshakeComplaint {
        HandshakeComplaint(
            verification: CertificateComplaint(
                code: code, words: "openssl's words", notBefore: WallTime("2026-11-01T00:00:00Z"),
                notAfter: WallTime("2027-11-01T00:00:00Z")),
            sawCertificate: true)
    }

    private func verified(_ code: Int, _ clock: ClockAnchor) -> ConnectionFailure {
        failure(
            MOSQ_ERR_TLS,
            context(
                tls: true, complaint: "certificate verify failed", handshake: verification(code),
                clock: clock))
    }

    /// A cabinet without a battery-backed clock, before its first sync.
    @Test func clockOf1970IsNamedAndNotTheCertificate() {
        let failure = verified(9, .of1970)
        #expect(failure.code == .clockNotSet)
        #expect(
            failure.message == "broker.example:1883: TLS: the broker's certificate is valid from "
                + "2026-11-01T00:00:00Z on; the clock, which no time source has set, says "
                + "1970-01-01T00:00:10Z; waiting for a time source, the next try comes when the "
                + "clock is set")
    }

    @Test func certificateOfTheFutureIsTheBrokersMatterWhereTheClockIsRight() {
        let failure = verified(9, .synchronized)
        #expect(failure.code == .tls)
        #expect(
            failure.message.hasSuffix("says 2026-06-01T00:00:00Z; the broker needs another one"))
    }

    @Test func eachReasonOfACertificateHasItsOwnWords() {
        let expired = verified(10, .synchronized).message
        #expect(expired.contains("has expired on 2027-11-01T00:00:00Z; the clock, which a time"))
        #expect(verified(10, .of1970).message.contains("which no time source has set"))
        for code in [2, 7, 18, 19, 20, 21] {
            let message = verified(code, .synchronized).message
            #expect(message.contains("an authority that we trust; check `ca` (openssl's words)"))
        }
        #expect(verified(23, .synchronized).message.hasSuffix("was not taken: openssl's words"))
    }

    /// Two matters, one alert.
    @Test func refusedHandshakeBeforeTheBrokersCertificateIsAMatterOfCiphers() {
        let alert = "error:0A000410:SSL routines::sslv3 alert handshake failure"
        let before = context(tls: true, complaint: alert, handshake: HandshakeComplaint())
        #expect(failure(MOSQ_ERR_TLS, before).message.contains("no cipher and version in common"))
        let behind = context(
            tls: true, complaint: alert, handshake: HandshakeComplaint(sawCertificate: true))
        #expect(failure(MOSQ_ERR_TLS, behind).message.contains("wants a client certificate"))
    }

    /// What the library makes of OpenSSL's complaints while it reads or writes.
    @Test func brokenProtocolBelowIsTLSWhereThereIsTLS() {
        let alert =
            "OpenSSL Error[0]: error:0A00045C:SSL routines::tlsv13 alert certificate required"
        let failure = context(tls: true, complaint: alert).system(EPROTO)
        #expect(failure.code == .tls && failure.message.contains("certificate required"))
        #expect(context().system(EPROTO).code == .local)
    }

    /// A reset while OpenSSL reads or writes comes without words, or with these.
    @Test(arguments: [nil, "OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof"])
    func closedConnectionIsNoMatterOfCertificates(complaint: String?) {
        for error in [MOSQ_ERR_TLS, MOSQ_ERR_CONN_LOST] {
            let within = failure(error, context(tls: true, complaint: complaint))
            #expect(within.code == .tls)
            #expect(within.message.contains("closed the connection within the handshake; check"))
            let later = failure(error, context(tls: true, wasUp: true, complaint: complaint))
            #expect(later.code == .closed)
            #expect(later.message == "broker.example:1883 closed the connection")
        }
    }

    // MARK: What the library does not take

    @Test(arguments: [
        (MOSQ_ERR_OVERSIZE_PACKET, ReasonCode.packetTooLarge),
        (MOSQ_ERR_PAYLOAD_SIZE, .packetTooLarge), (MOSQ_ERR_MALFORMED_UTF8, .topicNameInvalid),
        (MOSQ_ERR_QOS_NOT_SUPPORTED, .qosNotSupported), (MOSQ_ERR_NOMEM, .unspecified),
    ])
    func publishTheLibraryRefusesHasABrokersReason(error: mosq_err_t, reason: ReasonCode) {
        let failure = MosquittoClient.Failure(code: Int32(error.rawValue))
        #expect(failure.reasonCode == reason)
        #expect(failure.reasonCode.isFailure)
    }

    @Test func failuresBeginAt0x80() {
        #expect(!ReasonCode.success.isFailure)
        #expect(!ReasonCode(rawValue: 0x10).isFailure)
        #expect(!ReasonCode(rawValue: 0x7F).isFailure)
        #expect(ReasonCode.unspecified.isFailure)
        #expect(ReasonCode.success.description == "success (0x00)")
    }
}

extension ClockAnchor {
    private static let boot = BootID(high: 1, low: 2)

    /// A clock that a time source has set.
    fileprivate static let synchronized = ClockAnchor(
        boot: boot, instant: Instant(nanoseconds: 0),
        wall: .earliestCredible + .seconds(151 * 86_400), quality: .synchronized)

    /// A clock that began at 1970.
    fileprivate static let of1970 = ClockAnchor(
        boot: boot, instant: Instant(nanoseconds: 0),
        wall: WallTime(nanosecondsSince1970: 10_500_000_000), quality: .unsynchronized)
}
