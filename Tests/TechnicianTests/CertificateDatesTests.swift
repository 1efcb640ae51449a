import FoundationEssentials
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Technician

/// Dates of certificates that OpenSSL has made.
@Suite struct CertificateDatesTests {
    private let folder: TestFolder

    init() async throws {
        folder = try TestFolder()
        try await folder.run(
            """
            key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
            openssl req -x509 $key -days 100 -subj /O=City/CN=authority -keyout ca.key -out ca.pem
            openssl req $key -subj /CN=cabinet -keyout c.key -out c.csr
            \(openSSLAuthority("ca"))
            sign() {
              openssl ca -batch -notext -config authority.cnf -in c.csr -out $1.pem \\
                -startdate $2 -enddate $3
            }
            sign expired 20200101000000Z 20200102000000Z
            sign future 20900101000000Z 20910101000000Z
            sign forever 20200101000000Z 99991231235959Z
            sign valid 20200101000000Z 20491231235958Z
            cat ca.key expired.pem c.csr valid.pem > bundle.pem
            """)
    }

    private func certificates(_ name: String) throws -> [CertificateDates] {
        CertificateDates.all(inPEM: try readSmallFileBytes(folder.path(name)))
    }

    @Test(arguments: [
        ("expired.pem", "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"),
        ("future.pem", "2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"),
        ("valid.pem", "2020-01-01T00:00:00Z", "2049-12-31T23:59:58Z"),
    ])
    func readsTheDates(_ name: String, from: String, until: String) throws {
        let found = try certificates(name)
        try #require(found.count == 1)
        #expect(found[0].name == "cabinet")
        #expect("\(found[0].notBefore)" == from)
        #expect("\(found[0].notAfter)" == until)
    }

    @Test func oneWithoutAnEndIsValidForEver() throws {
        #expect(try certificates("forever.pem").map(\.notAfter.nanosecondsSince1970) == [.max])
    }

    /// Keys and requests in the same file are passed over.
    @Test func findsAllCertificatesOfAFile() throws {
        #expect(try certificates("bundle.pem").count == 2)
        #expect(try certificates("ca.pem").map(\.name) == ["authority"])
        #expect(try certificates("ca.key").isEmpty)
    }

    /// What is cut off or changed is left out or read as something else, and never trapped over.
    @Test func damageIsNoCertificate() throws {
        let pem = try readSmallFile(folder.path("valid.pem"))
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let der = Array(try #require(Data(base64Encoded: body)))
        // The dates end within the first 130 bytes: serial number, algorithm, issuer, validity.
        for length in 0..<60 { #expect(CertificateDates(der: Array(der.prefix(length))) == nil) }
        for index in der.indices {
            for value: UInt8 in [0, 0x7F, 0x80, 0x84, 0xFF] {
                var damaged = der
                damaged[index] = value
                let found = CertificateDates(der: damaged)
                #expect(found == nil || found?.notAfter != found?.notBefore)
            }
        }
    }

    @Test(arguments: [
        ("expired.pem", Finding.Severity.problem, "`cabinet` has expired on 2020-01-02"),
        ("future.pem", .problem, "`cabinet` is only valid from 2090-01-01 on"),
        ("valid.pem", .ok, "`cabinet` is valid until 2049-12-31"),
        ("ca.pem", .ok, "`authority` is valid until"),
        ("bundle.pem", .ok, "`cabinet` is valid until 2049-12-31"),
        ("forever.pem", .ok, "`cabinet` is valid until ever"),
    ])
    func judgesThem(_ name: String, severity: Finding.Severity, what: String) async throws {
        var scene = DoctorScene()
        scene.cabinet.uplinks[0].files = [
            .init("`ca`", folder.path(name), hasCertificates: true)
        ]
        scene.facts.texts[folder.path(name)] = try readSmallFile(folder.path(name))
        scene.facts.clock = LinuxFacts().clock
        scene.facts.clock.quality = .synchronized
        let finding = try #require(
            await scene.all(.network).first { $0.subject == "`ca` of uplink city" })
        #expect(finding.severity == severity)
        #expect(finding.what.hasPrefix(what))
    }

    /// A month before the end it is time for another.
    @Test func warnsInTime() async throws {
        var scene = DoctorScene()
        scene.cabinet.uplinks[0].files = [
            .init("`certificate`", folder.path("valid.pem"), hasCertificates: true)
        ]
        scene.facts.texts[folder.path("valid.pem")] = try readSmallFile(folder.path("valid.pem"))
        scene.facts.clock = ScriptedFacts.clock(at: "2049-12-10T00:00:00Z")
        let findings = await scene.findings(.network)
        #expect(findings.map(\.severity) == [.warning])
        #expect(findings.first?.what == "`cabinet` is valid until 2049-12-31, 21 days")
    }
}
