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
        let text = try password.map { try cString(of: $0, "password") }
        try client.check(mosquitto_username_pw_set(client.pointer, userName, text))
    }

    /// A secret as C takes it.
    private func cString(
        of secret: Secret, _ what: String
    ) throws(ConnectionFailure) -> [CChar] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try secret.bytes()
        } catch {
            throw ConnectionFailure(
                .local,
                "\(what): \(error); check that the file exists and that the gateway's user may "
                    + "read it")
        }
        guard !bytes.contains(0) else {
            throw ConnectionFailure(
                .local, "\(what) \(secret): has a zero byte; write it as text")
        }
        return bytes.map { CChar(bitPattern: $0) } + [0]
    }

    private func encrypt(_ client: MosquittoClient) throws {
        guard let tls else { return }
        if let sharedKey = tls.sharedKey {
            try set(sharedKey, client)
        } else {
            try setCertificates(tls, client)
        }
        // The least version; later ones stay allowed. The broker's certificate is to be verified.
        try client.check(
            mosquitto_tls_opts_set(client.pointer, BrokerSettings.verifyPeer, "tlsv1.2", nil))
        guard let name = tls.applicationProtocol else { return }
        guard (1...BrokerSettings.protocolNameLimit).contains(name.utf8.count) else {
            throw ConnectionFailure(
                .tls, "alpn: 1 to \(BrokerSettings.protocolNameLimit) bytes are possible")
        }
        try client.check(mosquitto_string_option(client.pointer, MOSQ_OPT_TLS_ALPN, name))
    }

    private func setCertificates(_ tls: TLS, _ client: MosquittoClient) throws(ConnectionFailure) {
        let authorities = try tls.authorities?.readablePath()
        let certificate = try tls.certificate?.readablePath()
        let key = try tls.key?.readablePath()
        let code = mosquitto_tls_set(
            client.pointer, authorities,
            authorities == nil ? BrokerSettings.systemAuthorities : nil, certificate, key,
            refusePassphrase)
        guard code == 0 else {
            throw ConnectionFailure(
                .tls,
                "TLS cannot be set up: a client certificate and its key are given "
                    + "together or not at all")
        }
    }

    /// Beside this, `refuseCertificates` is needed when the handshake has begun.
    private func set(_ sharedKey: SharedKey, _ client: MosquittoClient) throws {
        let key = try cString(of: sharedKey.key, "psk")
        let digits = key.dropLast().map { UInt8(bitPattern: $0) }
        guard (32...512).contains(digits.count), digits.count.isMultiple(of: 2),
            digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit })
        else {
            throw ConnectionFailure(
                .tls,
                "psk \(sharedKey.key): is no key; write 32 to 512 hexadecimal digits, two a byte")
        }
        try client.check(
            mosquitto_tls_psk_set(client.pointer, key, sharedKey.identity, nil))
    }

    /// SSL_VERIFY_PEER of openssl/ssl.h.
    static let verifyPeer: Int32 = 1
    /// What the library takes of a protocol's name, in bytes.
    private static let protocolNameLimit = 254
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
