/// Debian's mosquitto with TLS and passwords, as a platform has it. An authority of the test's own
/// has signed its certificate, which is for `localhost`.
public struct SecuredBroker: Sendable {
    /// Its only user.
    public static let user = "cabinet"
    /// That user's password.
    public static let password = "correct horse"

    private let folder: TestFolder
    private let broker: MosquittoBroker

    /// Where it listens.
    public var port: UInt16 { broker.port }
    /// The authority's certificate.
    public var authority: String { folder.path("ca.pem") }
    /// A file with the password.
    public var passwordFile: String { folder.path("password") }

    /// Makes keys, certificates and passwords, starts it and waits until it serves.
    ///
    /// - Throws: What `TestFolder` and `MosquittoBroker` throw.
    public init(in folder: TestFolder) async throws {
        self.folder = folder
        try await folder.run(
            """
            exec 2>/dev/null
            key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            openssl req -x509 $key -days 2 -subj /CN=city -keyout ca.key -out ca.pem
            openssl req $key -subj /CN=localhost -keyout broker.key -out broker.csr
            echo subjectAltName=DNS:localhost,IP:127.0.0.1 >names
            openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile names -out broker.pem
            touch passwords; chmod 600 passwords
            mosquitto_passwd -b passwords '\(Self.user)' '\(Self.password)'
            """)
        try folder.write("password", Self.password + "\n")
        broker = try await MosquittoBroker(
            in: folder,
            [
                "cafile \(folder.path)/ca.pem", "certfile \(folder.path)/broker.pem",
                "keyfile \(folder.path)/broker.key", "allow_anonymous false",
                "password_file \(folder.path)/passwords",
            ])
    }

    /// A program that prints what comes on a topic, each message on a line of its own in this
    /// format of mosquitto_sub(1). What is published after this has returned is not missed.
    ///
    /// - Throws: `SystemError` or `TestProcess.Failure`.
    public func subscriber(to topic: String, format: String) async throws -> TestProcess {
        let subscriber = TestProcess([
            "stdbuf", "-oL", "mosquitto_sub", "-d", "-h", "localhost", "-p", "\(port)",
            "--cafile", authority, "-u", Self.user, "-P", Self.password, "-V", "5", "-q", "1",
            "-t", topic, "-F", format,
        ])
        try await subscriber.start()
        _ = try await subscriber.line(containing: "SUBACK")
        return subscriber
    }
}
