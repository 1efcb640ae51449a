import CMosquitto
import Glibc
import Platform

extension BrokerSettings {
    /// Where Debian keeps the system's certificate authorities.
    static let systemAuthorities = "/etc/ssl/certs"

    /// Makes a client that is ready to connect, reading secrets and certificates now.
    func makeClient(
        version: ProtocolVersion, will: OutboundMessage?, window: Int
    ) throws(ConnectionFailure) -> MosquittoClient {
        do {
            let client = try MosquittoClient(id: clientID, version: version)
            mosquitto_int_option(client.pointer, MOSQ_OPT_SEND_MAXIMUM, Int32(window))
            mosquitto_int_option(
                client.pointer, MOSQ_OPT_RECEIVE_MAXIMUM, Int32(MQTTConnection.inboundLimit))
            if let will { try client.setWill(will) }
            try authenticate(client)
            try encrypt(client)
            return client
        } catch let failure as MosquittoClient.Failure {
            throw ConnectionFailure(.local, "cannot set up the MQTT client: \(failure.reason)")
        } catch let failure as ConnectionFailure {
            throw failure
        } catch {
            throw ConnectionFailure(.local, "cannot set up the MQTT client: \(error)")
        }
    }

    /// The keep-alive as the protocol wants it.
    var keepAliveSeconds: Int32 {
        Int32(min(65535, max(5, keepAlive.components.seconds)))
    }

    private func authenticate(_ client: MosquittoClient) throws {
        guard let userName else {
            guard password == nil else {
                throw ConnectionFailure(
                    .local, "a password without a user name; give the user name too")
            }
            return
        }
        var text: [CChar]?
        if let password {
            do {
                let bytes = try password.bytes()
                guard !bytes.contains(0) else {
                    throw ConnectionFailure(
                        .local, "password \(password): has a zero byte; write it as text")
                }
                text = bytes.map { CChar(bitPattern: $0) } + [0]
            } catch let error as SystemError {
                throw ConnectionFailure(
                    .local,
                    "password: \(error); check that the file exists and that the "
                        + "gateway's user may read it")
            }
        }
        try client.check(mosquitto_username_pw_set(client.pointer, userName, text))
    }

    private func encrypt(_ client: MosquittoClient) throws {
        guard let tls else { return }
        for path in [tls.authorities, tls.certificate, tls.key].compactMap(\.self)
        where access(path, R_OK) != 0 {
            throw ConnectionFailure(
                .tls,
                "\(path): \(String(cString: strerror(errno))); check the path and that "
                    + "the gateway's user may read it")
        }
        let code = mosquitto_tls_set(
            client.pointer, tls.authorities,
            tls.authorities == nil ? BrokerSettings.systemAuthorities : nil,
            tls.certificate, tls.key, refusePassphrase)
        guard code == 0 else {
            throw ConnectionFailure(
                .tls,
                "TLS cannot be set up: a client certificate and its key are given "
                    + "together or not at all")
        }
    }
}

/// Answers OpenSSL's question for a key's passphrase, which would else be asked on the terminal
/// and stop the thread.
private func refusePassphrase(
    _: UnsafeMutablePointer<CChar>?, _: Int32, _: Int32, _: UnsafeMutableRawPointer?
) -> Int32 { 0 }

extension MosquittoClient.Failure {
    /// The library's or the system's words for it.
    var reason: String {
        code == Int32(MOSQ_ERR_ERRNO.rawValue)
            ? String(cString: strerror(errno)) : String(cString: mosquitto_strerror(code))
    }
}

extension MosquittoClient.Failure {
    /// Whether it is the connection that failed, and not the request.
    var isConnection: Bool {
        let codes = [MOSQ_ERR_NO_CONN, MOSQ_ERR_CONN_LOST, MOSQ_ERR_ERRNO, MOSQ_ERR_TLS]
        return codes.contains { $0.rawValue == code }
    }

    /// The reason code that a broker would have given for a request the library did not take.
    var reasonCode: ReasonCode {
        switch mosq_err_t(rawValue: code) {
        case MOSQ_ERR_OVERSIZE_PACKET, MOSQ_ERR_PAYLOAD_SIZE: .packetTooLarge
        case MOSQ_ERR_MALFORMED_UTF8, MOSQ_ERR_INVAL: .topicNameInvalid
        case MOSQ_ERR_QOS_NOT_SUPPORTED: .qosNotSupported
        case MOSQ_ERR_RETAIN_NOT_SUPPORTED: .retainNotSupported
        default: .unspecified
        }
    }
}
