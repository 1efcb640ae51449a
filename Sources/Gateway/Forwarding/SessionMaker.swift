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
        case .senml, .compact, .sparkplug, .fiware, .homeassistant:
            SenMLSession(gateway: gateway, points: points, version: version)
        }
    }
}
