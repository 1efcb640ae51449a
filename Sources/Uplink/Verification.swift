import CMosquitto
import Glibc

private typealias GetVerifyResult = @convention(c) (UnsafeMutableRawPointer?) -> Int
private typealias VerifyErrorText = @convention(c) (Int) -> UnsafePointer<CChar>?

/// OpenSSL's words for why the broker's certificate was not taken ("certificate has expired"),
/// which libmosquitto does not pass on; nil if the certificate was not the matter.
///
/// The two functions are in the libssl that libmosquitto has loaded; where they are not found
/// (another TLS library), the general complaint has to do.
///
/// The library frees the TLS connection as soon as it has complained of it. Therefore this is
/// asked for at the complaint, in its callback; neither function takes a lock.
func verificationComplaint(of client: OpaquePointer?) -> String? {
    guard let connection = mosquitto_ssl_get(client),
        let getResult = dlsym(nil, "SSL_get_verify_result"),
        let getText = dlsym(nil, "X509_verify_cert_error_string")
    else { return nil }
    let result = unsafeBitCast(getResult, to: GetVerifyResult.self)(connection)
    guard result != 0 else { return nil }
    return unsafeBitCast(getText, to: VerifyErrorText.self)(result).map { String(cString: $0) }
}
