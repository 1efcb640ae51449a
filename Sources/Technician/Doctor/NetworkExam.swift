import Console
import Gateway
import Glibc
import Telemetry
import Uplink

/// The way to one platform: name, route, connection, login, and what its broker does with readings.
struct NetworkExam {
    /// The most addresses of a name that are tried.
    private static let mostAddresses = 2
    /// A connection that takes longer is worth a word.
    private static let slowSeconds = 2.0

    let uplink: CabinetFacts.Uplink
    let gateway: String
    let status: StatusReport.Link?
    let facts: any SystemFacts
    let probe: any NetworkProbe
    /// Whether a message is published.
    let isPublishing: Bool

    private var subject: String { uplink.subject }

    func examine() async -> [Finding] {
        let broker = uplink.broker
        var findings = CertificateExam(uplink: uplink, facts: facts).findings
        let endpoint = "\(broker.host):\(broker.port)"
        switch await probe.addresses(of: broker.host) {
        case .late: findings.append(noName("the resolver did not answer in time"))
        case .failed(let reason): findings.append(noName(reason))
        case .found(let addresses):
            let (finding, isReached) = await connect(to: addresses, endpoint)
            findings.append(finding)
            if isReached { findings += await logIn() }
        }
        return findings + running
    }

    // MARK: Name and connection

    private func noName(_ reason: String) -> Finding {
        Finding(
            .problem, subject, "the name \(uplink.broker.host) has no address: \(reason)",
            mend: hasDefaultRoute
                ? "check the broker's name; then the name servers: `cat /etc/resolv.conf`, "
                    + "`resolvectl status`"
                : "there is no default route: " + Self.wayToRoute)
    }

    private func connect(
        to addresses: [String], _ endpoint: String
    ) async -> (Finding, isReached: Bool) {
        var failure: Int32 = 0
        for address in addresses.prefix(Self.mostAddresses) {
            switch await probe.connect(to: address, port: uplink.broker.port) {
            case .connected(let seconds):
                let isSlow = seconds > Self.slowSeconds
                return (
                    Finding(
                        isSlow ? .warning : .ok, subject,
                        "\(endpoint) (\(address)) takes connections, after "
                            + "\(decimal(seconds * 1000, 0)) ms",
                        mend: isSlow ? "a weak or busy link: look at the modem's signal" : nil),
                    true
                )
            case .failed(let number): failure = number
            }
        }
        return (notReached(endpoint, failure), false)
    }

    private func notReached(_ endpoint: String, _ number: Int32) -> Finding {
        let words = String(cString: strerror(number))
        let mend =
            switch number {
            case ECONNREFUSED: "nothing listens there: check the port, and that the broker runs"
            case _ where !hasDefaultRoute && !isLocal:
                "there is no default route: " + Self.wayToRoute
            case ETIMEDOUT: "a firewall or the mobile contract lets nothing through to this port"
            default: "look at the cable or modem and the route: `ip route`, `ip link`"
            }
        return Finding(.problem, subject, "\(endpoint) cannot be reached: \(words)", mend: mend)
    }

    private static let wayToRoute =
        "look at the cable or modem, and at DHCP: `ip link`, `ip route`, `nmcli`"

    private var isLocal: Bool {
        ["localhost", "127.0.0.1", "::1"].contains(uplink.broker.host)
    }

    /// Destination and mask 0 of an interface that is up (route(8), /proc/net/route); for IPv6 a
    /// prefix of length 0 that is not the loopback's.
    private var hasDefaultRoute: Bool {
        let v4 = (facts.anyText(of: "/proc/net/route") ?? "").split(separator: "\n").contains {
            let fields = $0.split(whereSeparator: \.isWhitespace)
            return fields.count > 7 && fields[1] == "00000000" && fields[7] == "00000000"
        }
        return v4
            || (facts.anyText(of: "/proc/net/ipv6_route") ?? "").split(separator: "\n").contains {
                let fields = $0.split(separator: " ")
                return fields.count > 9 && fields[1] == "00" && fields[9] != "lo"
                    && fields[0].allSatisfy { $0 == "0" }
            }
    }

    // MARK: Login

    /// Under an identifier of its own: the gateway's would throw the running gateway out.
    private func logIn() async -> [Finding] {
        if let credential = uplink.credentials.first {
            return [
                Finding(
                    .note, subject,
                    "no login was tried: only the service has the credential \(credential)",
                    mend: "`armadio status` says how the service's own login goes")
            ]
        }
        if let hidden = uplink.files.first(where: { !canRead($0.path) }) {
            return [
                Finding(
                    .note, subject, "no login was tried: \(hidden.path) cannot be read",
                    mend: "`sudo armadio doctor --only network` may")
            ]
        }
        var settings = uplink.broker
        settings.clientID += "-doctor"
        settings.fallbacks = []
        settings.connectTimeout = LiveNetworkProbe.loginLimit
        let topic = isPublishing ? "armadio/\(gateway)/doctor" : nil
        return judge(await probe.logIn(settings, publishing: topic), settings)
    }

    private func canRead(_ path: String) -> Bool {
        do { return try facts.file(path).allows(.read, to: facts.asker) } catch { return false }
    }

    private func judge(_ outcome: LoginOutcome, _ settings: BrokerSettings) -> [Finding] {
        switch outcome {
        case .late:
            return [
                Finding(
                    .problem, subject, "\(settings.address) takes connections and does not answer",
                    mend: "check the port, and whether it wants TLS")
            ]
        case .failed(let failure): return [refused(failure, settings)]
        case .accepted(let version, let published):
            let tls = settings.tls == nil ? "" : " over TLS, its certificate is good"
            let login = Finding(
                .ok, subject, "the broker lets us in with MQTT \(version.rawValue)\(tls)")
            return [login] + (published.map { [self.published($0, version)] } ?? [])
        }
    }

    private func refused(_ failure: ConnectionFailure, _ settings: BrokerSettings) -> Finding {
        // Some brokers know their clients by their identifiers.
        let isAboutUs = [.notAuthorized, .clientIdentifier, .rejected].contains(failure.code)
        if isAboutUs, status?.isUp == true {
            return Finding(
                .note, subject,
                "the running gateway is connected; the client id \(settings.clientID) of this "
                    + "examination is not let in")
        }
        let parts = failure.message.parts(between: "; ", maxSplits: 1)
        let mend = parts.count == 2 ? String(parts[1]) : Self.wayIn[failure.code]
        return Finding(.problem, subject, String(parts.first ?? ""), mend: mend)
    }

    /// For failures whose words do not say what to do.
    private static let wayIn: [ConnectionFailure.Code: String] = [
        .badCredentials: "check `username` and the password's file, and the broker's list of users",
        .clientIdentifier: "ask the platform which client ids it takes, and write `client-id`",
        .tls: "check `tls` and the broker's certificate: `openssl s_client -connect HOST:PORT`",
        .protocolVersion: "write `version: auto`",
        .rejected: "ask the platform's operator",
        .closed: "ask the platform's operator what the broker's log says",
    ]

    private func published(
        _ outcome: LoginOutcome.PublishOutcome, _ version: ProtocolVersion
    ) -> Finding {
        switch outcome {
        case .settled:
            Finding(
                .ok, subject,
                version == .v5
                    ? "the broker took a test message"
                    : "the broker acknowledged a test message, "
                        + "which with MQTT 3.1.1 does not say that it took it")
        case .refused(let reason):
            Finding(
                .problem, subject, "the broker threw a test message away: \(reason)",
                mend: "let the platform allow armadio/\(gateway)/# to this client")
        }
    }

    // MARK: What the running gateway has seen

    private var running: [Finding] {
        guard let status else { return [] }
        var findings: [Finding] = []
        if status.refused > 0 || status.setAside > 0 {
            findings.append(
                Finding(
                    status.setAside > 0 ? .problem : .warning, subject,
                    "the broker has refused \(status.refused) messages; \(status.setAside) "
                        + "readings are set aside: \(status.setAsideReason ?? "no reason given")",
                    mend: "let the platform allow the gateway's topics; `armadio journal stat` "
                        + "lists the readings, which are kept"))
        }
        if status.isUp, status.protocolVersion == "3.1.1" {
            findings.append(
                Finding(
                    .note, subject, "with MQTT 3.1.1 the broker's refusals cannot be seen",
                    mend: "MQTT 5 tells them: a newer broker, and `version: auto`"))
        }
        if !status.isUp {
            findings.append(
                Finding(
                    .problem, subject,
                    "the running gateway is not connected: \(status.failure ?? "not yet")",
                    mend: "if all above is well it comes back by itself, at the latest after "
                        + "5 minutes"))
        }
        return findings
    }
}
