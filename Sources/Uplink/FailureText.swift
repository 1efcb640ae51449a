import CMosquitto
import Glibc
import Telemetry

/// What was known of a connection when it failed.
struct FailureContext {
    var settings: BrokerSettings
    /// The broker had accepted it.
    var wasUp: Bool
    /// The library's own last complaint.
    var complaint: String?
    /// What is known of the handshake that was complained of.
    var handshake: HandshakeComplaint?
    /// What the clocks show.
    var clock: ClockAnchor

    var broker: String { "\(settings.host):\(settings.port)" }
    private var client: String {
        settings.userName.map { "user \($0)" } ?? "client \(settings.clientID) without a user"
    }

    /// The broker's refusal in CONNACK: an MQTT 5 reason (0x80 and up) or an MQTT 3.1.1 return
    /// code (section 3.2.2.3, 1 to 5).
    func refusal(_ code: UInt8) -> ConnectionFailure {
        switch code {
        case 1, 0x84:
            ConnectionFailure(
                .protocolVersion,
                "\(broker) does not speak the MQTT version it was asked for; "
                    + "set the protocol to automatic or to the broker's version")
        case 2, 0x85:
            ConnectionFailure(
                .clientIdentifier,
                "\(broker) does not accept the client id \(settings.clientID)")
        case 3, 0x88:
            ConnectionFailure(.rejected, "\(broker) says that it is unavailable at the moment")
        case 4, 0x86:
            ConnectionFailure(
                .badCredentials, "\(broker) does not accept user name and password of \(client)")
        case 5, 0x87:
            ConnectionFailure(
                .notAuthorized,
                "\(broker) does not let \(client) in; check user name and "
                    + "password, and the broker's access rules")
        default:
            ConnectionFailure(
                .rejected, "\(broker) refused the connection: \(ReasonCode(rawValue: code))")
        }
    }

    /// The broker's own goodbye (MQTT 5 DISCONNECT).
    func goodbye(_ reason: ReasonCode) -> ConnectionFailure {
        let advice =
            reason.rawValue == 0x8E
            ? "; another client uses the client id \(settings.clientID)" : ""
        return ConnectionFailure(.closed, "\(broker) ended the connection: \(reason)\(advice)")
    }

    /// A call into the library that failed.
    func failure(_ failure: MosquittoClient.Failure) -> ConnectionFailure {
        switch mosq_err_t(rawValue: failure.code) {
        // The library's word for an end in the middle of a packet.
        case MOSQ_ERR_ERRNO where failure.errno == 0: lost()
        case MOSQ_ERR_ERRNO: system(failure.errno)
        case MOSQ_ERR_TLS, MOSQ_ERR_TLS_HANDSHAKE: tls()
        case MOSQ_ERR_EAI, MOSQ_ERR_LOOKUP:
            ConnectionFailure(.nameNotResolved, "\(broker): the name has no address")
        // The library's word for a broker that refuses our certificate behind the handshake too.
        case MOSQ_ERR_CONN_LOST, MOSQ_ERR_NO_CONN: settings.tls == nil ? lost() : tls()
        case MOSQ_ERR_KEEPALIVE:
            ConnectionFailure(.timeout, "\(broker) gave no sign of life within the keep-alive")
        case MOSQ_ERR_PROTOCOL, MOSQ_ERR_MALFORMED_PACKET, MOSQ_ERR_DUPLICATE_PROPERTY:
            ConnectionFailure(
                .protocolError, "\(broker) sent something that is not MQTT; check the port")
        default: ConnectionFailure(.local, "\(broker): \(failure.reason)")
        }
    }

    /// A system call of the connection failed with this errno.
    func system(_ errno: Int32) -> ConnectionFailure {
        let words = String(cString: strerror(errno))
        switch errno {
        case ECONNREFUSED:
            return ConnectionFailure(
                .refused,
                "\(broker): nothing listens there; check that the broker runs, the "
                    + "port, and the firewall")
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EADDRNOTAVAIL:
            return ConnectionFailure(
                .unreachable, "\(broker): \(words); check the uplink's cable, modem or route")
        case ETIMEDOUT: return ConnectionFailure(.timeout, "\(broker): no answer")
        case ECONNRESET, EPIPE: return lost()
        // The library's word for what OpenSSL has complained of while it read or wrote.
        case EPROTO where settings.tls != nil: return tls()
        default: return ConnectionFailure(.local, "\(broker): \(words)")
        }
    }

    /// The time for connecting is over.
    func timeout(tcpUp: Bool) -> ConnectionFailure {
        let what =
            tcpUp
            ? "accepts connections but did not answer" : "did not answer"
        return ConnectionFailure(
            .timeout,
            "\(broker) \(what) within \(settings.connectTimeout.text); "
                + (tcpUp ? "check the port and whether it wants TLS" : "check the firewall"))
    }

    /// The oldest publish is too old.
    func tooOld() -> ConnectionFailure {
        ConnectionFailure(
            .timeout, "\(broker) did not acknowledge a publish within \(settings.inFlightAge.text)")
    }

    func lost() -> ConnectionFailure {
        let what = "\(broker) closed the connection"
        return switch (wasUp, settings.tls) {
        case (true, _): ConnectionFailure(.closed, what)
        case (false, nil):
            ConnectionFailure(
                .closed, what + " before it answered; check whether the port wants TLS")
        case (false, _?):
            ConnectionFailure(
                .tls,
                what + " within the handshake; check whether the port speaks TLS and the broker "
                    + "wants a client certificate")
        }
    }
}
