import Telemetry

/// What a technician is told of a handshake that failed.
extension FailureContext {
    /// OpenSSL or the library has complained of the encryption.
    func tls() -> ConnectionFailure {
        // A connection that is reset leaves OpenSSL without words, one that is closed with these.
        guard let complaint, !complaint.contains("unexpected eof") else { return lost() }
        if let certificate = handshake?.verification,
            let failure = failure(of: certificate)
        {
            return failure
        }
        return tls((matter(of: complaint) ?? "the handshake failed") + " (\(complaint))")
    }

    func tls(_ words: String) -> ConnectionFailure {
        ConnectionFailure(.tls, "\(broker): TLS: \(words)")
    }

    // MARK: The broker's certificate

    private func failure(of certificate: CertificateComplaint) -> ConnectionFailure? {
        guard settings.tls?.sharedKey == nil else {
            return tls(certificateInPlaceOfKey)
        }
        switch certificate.kind {
        case .notYetValid: return notYetValid(certificate)
        case .expired:
            let until = certificate.notAfter.map { " on \($0)" } ?? ""
            return tls(
                "the broker's certificate has expired\(until); \(clockWords); the broker needs a "
                    + "new one")
        case .unknownAuthority:
            return tls(
                "the broker's certificate is not signed by an authority that we trust; check "
                    + "`ca` (\(certificate.words))")
        case .hostName: return nil
        case .other:
            return tls("the broker's certificate was not taken: \(certificate.words)")
        }
    }

    /// A clock that begins at 1970 makes every certificate one of the future.
    private func notYetValid(_ certificate: CertificateComplaint) -> ConnectionFailure {
        let from = certificate.notBefore.map { " from \($0) on" } ?? " only later"
        let words = "the broker's certificate is valid\(from); \(clockWords)"
        guard clock.quality != .synchronized else {
            return tls(words + "; the broker needs another one")
        }
        return ConnectionFailure(
            .clockNotSet,
            "\(broker): TLS: \(words); waiting for a time source, the next try comes when the "
                + "clock is set")
    }

    private var clockWords: String {
        let (seconds, _) = clock.wall.nanosecondsSince1970.quotientAndRemainder(
            dividingBy: 1_000_000_000)
        let shown = WallTime(nanosecondsSince1970: seconds * 1_000_000_000)
        let trust = clock.quality == .synchronized ? "a" : "no"
        return "the clock, which \(trust) time source has set, says \(shown)"
    }

    // MARK: All else

    private func matter(of complaint: String) -> String? {
        if complaint.contains("handshake failure") { return handshakeFailure }
        return FailureContext.matters.first { complaint.contains($0.sign) }?.words(self)
    }

    /// One alert for two matters (RFC 5246 section 7.2.2): nothing in common, or a client without
    /// a certificate. In the second case the broker has shown its own before.
    private var handshakeFailure: String {
        guard settings.tls?.sharedKey == nil else { return unknownKey }
        guard handshake?.sawCertificate == true else {
            return "the broker has no cipher and version in common with us (TLS 1.2 or later)"
        }
        return settings.tls?.certificate == nil ? wantsCertificate : refusedCertificate
    }

    private var wantsCertificate: String {
        "the broker wants a client certificate; set `certificate` and `key`"
    }

    private var refusedCertificate: String {
        guard settings.tls?.certificate != nil else { return wantsCertificate }
        return "the broker does not take our certificate; check that its authority is one of the "
            + "broker's and its dates"
    }

    private var unknownKey: String {
        let identity = settings.tls?.sharedKey?.identity ?? ""
        return "the broker does not know the identity `\(identity)`, or has another key for it; "
            + "check `psk`"
    }

    /// OpenSSL's and the library's words, and what they mean. The first that fits counts.
    private static let matters: [(sign: String, words: @Sendable (FailureContext) -> String)] = [
        (
            "host name verification",
            {
                "the broker's certificate is for another name than \($0.settings.host); write "
                    + "the name that it has"
            }
        ),
        ("wrong version number", { _ in "the port does not speak TLS" }),
        ("packet length too long", { _ in "the port does not speak TLS" }),
        (
            "inconsistent",
            { _ in "our key does not belong to our certificate; check `certificate` and `key`" }
        ),
        (
            "key values mismatch",
            { _ in "our key does not belong to our certificate; check `certificate` and `key`" }
        ),
        (
            "Unable to load client key",
            { _ in "our key cannot be used; it has to be PEM and without a passphrase" }
        ),
        ("Unable to load client cert", { _ in "our certificate cannot be used; it has to be PEM" }),
        (
            "Unable to load CA",
            { _ in "the file of `ca` has no certificate that can be used; it has to be PEM" }
        ),
        ("certificate required", \.wantsCertificate),
        (
            "protocol version",
            { _ in "the broker has no version in common with us (TLS 1.2 or later)" }
        ),
        (
            "unsupported protocol",
            { _ in "the broker has no version in common with us (TLS 1.2 or later)" }
        ),
        (
            "no application protocol",
            {
                "the broker does not speak `\($0.settings.tls?.applicationProtocol ?? "")`; "
                    + "check `alpn`"
            }
        ),
        ("psk identity", \.unknownKey),
        (
            "decrypt error",
            { $0.settings.tls?.sharedKey == nil ? $0.refusedCertificate : $0.unknownKey }
        ),
        (
            "bad record mac",
            { $0.settings.tls?.sharedKey == nil ? "a packet was damaged" : $0.unknownKey }
        ),
        (
            "illegal parameter",
            {
                $0.settings.tls?.sharedKey == nil
                    ? "the broker did not understand the handshake" : $0.unknownKey
            }
        ),
        ("alert unknown ca", \.refusedCertificate),
        ("alert bad certificate", \.refusedCertificate),
        ("alert certificate", \.refusedCertificate),
        ("alert unsupported certificate", \.refusedCertificate),
        ("alert access denied", \.refusedCertificate),
    ]
}
