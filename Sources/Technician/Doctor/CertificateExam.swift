import Glibc
import Platform
import Telemetry

/// The dates of the certificates that an uplink is configured with.
struct CertificateExam {
    /// So many days before its end a certificate is to be renewed.
    static let noticeDays: Int64 = 30

    let uplink: CabinetFacts.Uplink
    let facts: any SystemFacts

    var findings: [Finding] {
        uplink.files.filter(\.hasCertificates).compactMap { file in
            let subject = "\(file.what) of \(uplink.subject)"
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try facts.bytes(of: file.path, limit: CertificateDates.mostBytes)
            } catch {
                // That it is not there is told with the configuration.
                return error.errno == ENOENT ? nil : .unseen(subject, error)
            }
            return judge(CertificateDates.all(inPEM: bytes), file, subject)
        }
    }

    private func judge(
        _ certificates: [CertificateDates], _ file: CabinetFacts.NeededFile, _ subject: String
    ) -> Finding {
        guard !certificates.isEmpty else {
            return Finding(
                .problem, subject, "\(file.path) has no certificate",
                mend: "it has to be PEM: -----BEGIN CERTIFICATE-----")
        }
        let now = facts.clock.wall
        let valid = certificates.filter { $0.notBefore <= now && now < $0.notAfter }
        guard let next = valid.min(by: { $0.notAfter < $1.notAfter }) else {
            return invalid(certificates[0], file, subject, now)
        }
        let days = (next.notAfter - now).components.seconds / 86_400
        let name = next.name.map { "`\($0)`" } ?? file.path
        let until = "\(name) is valid until \(next.until), \(days) days"
        // An authority's successor may already be there.
        guard days < Self.noticeDays, !valid.contains(where: { $0.notAfter > next.notAfter }) else {
            return Finding(.ok, subject, until)
        }
        return Finding(
            .warning, subject, until,
            mend: "ask the platform for a new one, and put it in place of \(file.path): it is "
                + "read at the next connection")
    }

    private func invalid(
        _ certificate: CertificateDates, _ file: CabinetFacts.NeededFile, _ subject: String,
        _ now: WallTime
    ) -> Finding {
        let name = certificate.name.map { "`\($0)`" } ?? file.path
        if certificate.notAfter <= now {
            return Finding(
                .problem, subject, "\(name) has expired on \(certificate.until)",
                mend: "ask the platform for a new one, and put it in place of \(file.path)")
        }
        return Finding(
            .problem, subject,
            "\(name) is only valid from \(String("\(certificate.notBefore)".prefix(10))) on",
            mend: facts.clock.quality == .synchronized
                ? "ask the platform for one that is valid now"
                : "no time source has set the clock: `armadio doctor --only clock`")
    }
}
