import ArgumentParser
import Console
import Glibc
import Platform
import Receiver
import Settings
import Telemetry
import Uplink

/// `armadio receive`: the reference receiver itself.
struct ReceiveRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Receive until SIGTERM (what `armadio receive` does).",
        discussion: """
            Writes each reading once, by its identity, with what is covered in the same \
            transaction, and then tells the gateway on armadio/GATEWAY/committed what it has: \
            gateways with `acknowledge: platform` keep their readings until then. Receivers with \
            one --group and one database share the load. Prints a line when something changes.

            The database is a file of SQLite, or PostgreSQL: postgres://armadio@db.example/city, \
            with the password in a file (--database-password-file, or PGPASSFILE).

            Examples:
              armadio receive --broker mqtt://127.0.0.1 --database readings.db
              armadio receive --broker mqtt://127.0.0.1 --database readings.db --group a
            """)

    @OptionGroup var broker: ReceiverBroker
    @OptionGroup var database: DatabaseOption
    @Option(
        help: ArgumentHelp(
            "Share the load with the receivers of this group (MQTT 5).", valueName: "name"))
    var group: String?
    @Option(help: ArgumentHelp("Hear this gateway alone.", valueName: "name"))
    var gateway: String?
    @Flag(help: "Print JSON, an object a line.")
    var json = false

    func validate() throws {
        for (option, level) in [("group", group), ("gateway", gateway)] {
            guard let level, level.isEmpty || level.contains(where: { "/+#".contains($0) }) else {
                continue
            }
            throw ValidationError("--\(option) is one level of a topic: without / + and #")
        }
    }

    func run() async throws {
        let signals = try SignalStream.of([SIGTERM, SIGINT])
        signal(SIGPIPE, SIG_IGN)
        let store = try database.store(creates: true)
        do {
            try await store.open()
        } catch {
            // A server may come up after its receivers; a wrong file stays wrong.
            guard error.code == .unavailable, database.name.contains("://") else {
                complain(error.description)
                throw Exit.failed
            }
            complain("\(error); it is tried again")
        }
        let receiver = TelemetryReceiver(
            TelemetryReceiver.Options(
                broker: try broker.settings(), group: group, gateway: gateway), store: store,
            tell: Self.teller(json: json))
        await receiver.start()
        for await _ in signals { break }
        await receiver.stop()
        let totals = await receiver.totals
        say(json ? ReceiverLine.json(totals) : ReceiverLine.text(totals))
    }

    private static func teller(json: Bool) -> @Sendable (ReceiverEvent) -> Void {
        { event in say(json ? ReceiverLine.json(event) : ReceiverLine.text(event)) }
    }
}

/// Where the receiver's broker is.
struct ReceiverBroker: ParsableArguments {
    @Option(
        name: .customLong("broker"),
        help: ArgumentHelp("mqtt://HOST[:PORT], or mqtts:// with TLS.", valueName: "address"))
    var address: String
    @Option(help: ArgumentHelp("The user's name.", valueName: "name"))
    var username: String?
    @Option(help: ArgumentHelp("The file with the user's password.", valueName: "file"))
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            "The certificates that may have signed the broker's, if not the system's.",
            valueName: "file"))
    var ca: String?
    @Option(help: ArgumentHelp("The receiver's own certificate.", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("The key of --certificate.", valueName: "file"))
    var key: String?
    @Flag(name: .customLong("mqtt-3"), help: "Speak MQTT 3.1.1, as some brokers' bridges want it.")
    var isOld = false

    /// What the options say, or what is wrong with them and exit code 1.
    func settings() throws -> BrokerSettings {
        let broker: BrokerAddress
        do {
            broker = try BrokerAddress(text: address)
        } catch {
            complain("--broker: \(error)")
            throw Exit.failed
        }
        let client = "armadio-receive-" + String(UInt32.random(in: 0 ... .max), radix: 16)
        var settings = BrokerSettings(host: broker.host, port: broker.port, clientID: client)
        settings.userName = username
        settings.password = passwordFile.map { Secret(file: $0) }
        if isOld { settings.protocolChoice = .v311 }
        if broker.usesTLS {
            settings.tls = BrokerSettings.TLS(
                authorities: ca.map { .path($0) }, certificate: certificate.map { .path($0) },
                key: key.map { .path($0) })
        } else if ca != nil || certificate != nil || key != nil {
            complain("certificates are for a broker with mqtts://")
            throw Exit.failed
        }
        return settings
    }
}
