import Settings
import Telemetry
import Uplink

/// Makes the session that an uplink's settings ask for.
struct SessionMaker {
    let gateway: String
    let points: PointTable
    let version: String

    func session(_ settings: SessionSettings) -> any UplinkSession {
        switch settings {
        case .compact: CompactSession(gateway: gateway, points: points, version: version)
        case .senml, .sparkplug, .fiware, .homeassistant:
            SenMLSession(gateway: gateway, points: points, version: version)
        }
    }
}
