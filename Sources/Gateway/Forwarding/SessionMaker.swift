import Settings
import Telemetry
import Uplink

/// Makes the session that an uplink's settings ask for.
struct SessionMaker {
    let gateway: String
    let points: PointTable
    let version: String
    /// The journal's run of readings that are not urgent.
    let epoch: Epoch

    func session(_ settings: SessionSettings) -> any UplinkSession {
        switch settings {
        case .compact:
            CompactSession(gateway: gateway, points: points, version: version, epoch: epoch)
        case .sparkplug(let sparkplug):
            SparkplugSession(
                options: SparkplugOptions(sparkplug), gateway: gateway, points: points,
                version: version, epoch: epoch)
        case .senml(let senml):
            SenMLSession(
                gateway: gateway, points: points, version: version, options: SenMLOptions(senml))
        case .fiware(let fiware):
            FiwareSession(
                options: FiwareOptions(apiKey: fiware.apiKey), gateway: gateway, points: points,
                version: version)
        case .homeassistant(let home):
            HomeAssistantSession(
                options: HomeAssistantOptions(prefix: home.prefix), gateway: gateway,
                points: points, version: version)
        }
    }
}

extension SparkplugOptions {
    /// What the settings say; their check has seen to it that the names can be in topics.
    fileprivate init(_ settings: SessionSettings.Sparkplug) {
        let compression: Compression =
            switch settings.compression {
            case .none: .none
            case .gzip: .gzip
            case .deflate: .deflate
            }
        self.init(
            group: SparkplugID(mending: settings.group),
            node: settings.node.map { SparkplugID(mending: $0) },
            primaryHost: settings.primaryHost.map { SparkplugID(mending: $0) },
            compression: compression)
    }
}

extension SenMLOptions {
    fileprivate init(_ settings: SessionSettings.SenML) {
        let encoding: Encoding =
            switch settings.encoding {
            case .json: .json
            case .cbor: .cbor
            }
        let compression: Compression =
            switch settings.compression {
            case .none: .none
            case .zstd: .zstd
            case .deflate: .deflate
            }
        self.init(encoding: encoding, compression: compression)
    }
}
