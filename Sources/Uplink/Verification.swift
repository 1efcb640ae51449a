import CMosquitto
import Glibc
import Telemetry

/// What OpenSSL knows of a handshake that failed, and libmosquitto does not pass on.
struct HandshakeComplaint: Equatable {
    /// Why the broker's certificate was not taken; nil if the certificate was not the matter.
    var verification: CertificateComplaint?
    /// The broker's certificate had come: both sides had agreed on version and cipher.
    var sawCertificate = false
}

/// Why a certificate was not taken.
struct CertificateComplaint: Equatable {
    /// X509_V_ERR_* of openssl/x509_vfy.h.
    var code: Int
    /// OpenSSL's words for it ("certificate has expired").
    var words: String
    /// From when the certificate is valid; the latest of the broker's certificate and those that
    /// came with it.
    var notBefore: WallTime?
    /// Until when it is valid; the earliest of them.
    var notAfter: WallTime?

    /// What a technician has to look at.
    enum Kind { case notYetValid, expired, unknownAuthority, hostName, other }

    var kind: Kind {
        switch code {
        case 9: .notYetValid
        case 10: .expired
        // DEPTH_ZERO_SELF_SIGNED_CERT, SELF_SIGNED_CERT_IN_CHAIN,
        // UNABLE_TO_GET_ISSUER_CERT(_LOCALLY), UNABLE_TO_VERIFY_LEAF_SIGNATURE,
        // CERT_SIGNATURE_FAILURE (another key under the authority's name).
        case 2, 7, 18, 19, 20, 21: .unknownAuthority
        case 62, 64: .hostName
        default: .other
        }
    }
}

private typealias GetVerifyResult = @convention(c) (UnsafeMutableRawPointer?) -> Int
private typealias VerifyErrorText = @convention(c) (Int) -> UnsafePointer<CChar>?
private typealias GetPointer = @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer?
private typealias GetCount = @convention(c) (UnsafeMutableRawPointer?) -> Int32
private typealias GetElement =
    @convention(c) (UnsafeMutableRawPointer?, Int32) -> UnsafeMutableRawPointer?
private typealias ReadTime =
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<tm>?) -> Int32

/// Looks at the handshake that the library complains of; nil without TLS.
///
/// The functions are in the libssl that libmosquitto has loaded; where they are not found
/// (another TLS library), the general complaint has to do.
///
/// The library frees the TLS connection as soon as it has complained of it. Therefore this is
/// asked for at the complaint, in its callback; none of the functions takes a lock.
func handshakeComplaint(of client: OpaquePointer?) -> HandshakeComplaint? {
    guard let connection = mosquitto_ssl_get(client) else { return nil }
    let chain = certificates(of: connection)
    return HandshakeComplaint(
        verification: verificationComplaint(connection, chain), sawCertificate: !chain.isEmpty)
}

private func verificationComplaint(
    _ connection: UnsafeMutableRawPointer, _ chain: [UnsafeMutableRawPointer]
) -> CertificateComplaint? {
    guard let getResult = dlsym(nil, "SSL_get_verify_result"),
        let getText = dlsym(nil, "X509_verify_cert_error_string")
    else { return nil }
    let result = unsafeBitCast(getResult, to: GetVerifyResult.self)(connection)
    guard result != 0, let words = unsafeBitCast(getText, to: VerifyErrorText.self)(result) else {
        return nil
    }
    return CertificateComplaint(
        code: result, words: String(cString: words),
        notBefore: chain.compactMap { time(of: $0, "X509_get0_notBefore") }.max(),
        notAfter: chain.compactMap { time(of: $0, "X509_get0_notAfter") }.min())
}

/// A broker's own certificate and its authorities; more are not looked at.
private let chainLimit: Int32 = 8

/// The certificates that the broker has shown, borrowed from the connection.
private func certificates(of connection: UnsafeMutableRawPointer) -> [UnsafeMutableRawPointer] {
    guard let getChain = dlsym(nil, "SSL_get_peer_cert_chain"),
        let getCount = dlsym(nil, "OPENSSL_sk_num"),
        let getElement = dlsym(nil, "OPENSSL_sk_value"),
        let chain = unsafeBitCast(getChain, to: GetPointer.self)(connection)
    else { return [] }
    let count = min(chainLimit, unsafeBitCast(getCount, to: GetCount.self)(chain))
    return (0..<max(0, count)).compactMap {
        unsafeBitCast(getElement, to: GetElement.self)(chain, $0)
    }
}

private typealias Encode =
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?
    ) -> Int32

/// A certificate longer than this is not looked at; usual are 1 to 2 KiB.
private let certificateLimit: Int32 = 64 << 10

/// The certificates that the broker has shown, its own first, in DER; none without TLS, or with a
/// TLS library that is not OpenSSL.
func shownCertificates(to client: OpaquePointer?) -> [[UInt8]] {
    guard let connection = mosquitto_ssl_get(client), let function = dlsym(nil, "i2d_X509") else {
        return []
    }
    let encode = unsafeBitCast(function, to: Encode.self)
    return certificates(of: connection).compactMap { certificate in
        let size = encode(certificate, nil)
        guard (1...certificateLimit).contains(size) else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var place = buffer.baseAddress
            count = Int(encode(certificate, &place))
        }
    }
}

private func time(of certificate: UnsafeMutableRawPointer, _ getter: String) -> WallTime? {
    guard let getTime = dlsym(nil, getter), let readTime = dlsym(nil, "ASN1_TIME_to_tm") else {
        return nil
    }
    let time = unsafeBitCast(getTime, to: GetPointer.self)(certificate)
    var parts = tm()
    guard unsafeBitCast(readTime, to: ReadTime.self)(time, &parts) == 1 else { return nil }
    let (product, overflow) = Int64(timegm(&parts)).multipliedReportingOverflow(by: 1_000_000_000)
    // Beyond 2262: as good as for ever.
    return overflow ? nil : WallTime(nanosecondsSince1970: product)
}

private typealias SetVerify =
    @convention(c) (UnsafeMutableRawPointer?, Int32, OpaquePointer?) -> Void

/// Makes the connection, whose handshake has just begun, take no certificate: with a key of both
/// sides' own the broker needs none.
///
/// libmosquitto 2.0.11 does not verify anything then, and offers TLS 1.3 with certificates beside
/// the key: whoever has any certificate and not the key would be believed.
///
/// - Returns: Nil if that is done; else why not. Too late, with a certificate already seen, it comes
///   only with a broker on this machine: others answer no sooner than the library reads.
func refuseCertificates(from client: OpaquePointer?) -> String? {
    guard let connection = mosquitto_ssl_get(client), let setVerify = dlsym(nil, "SSL_set_verify"),
        dlsym(nil, "SSL_get_peer_cert_chain") != nil
    else { return "this TLS library cannot be kept from trusting certificates" }
    unsafeBitCast(setVerify, to: SetVerify.self)(connection, BrokerSettings.verifyPeer, nil)
    return certificates(of: connection).isEmpty ? nil : certificateInPlaceOfKey
}

/// What a broker without the key does.
let certificateInPlaceOfKey =
    "the broker has shown a certificate and does not know our key; check `psk`"
