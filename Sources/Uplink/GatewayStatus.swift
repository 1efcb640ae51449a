import Telemetry

/// Whether a gateway is there: retained in `armadio/{gateway}/status`.
enum GatewayStatus {
    /// A gateway that is there, with its version and the run that it is in.
    static func online(gateway: String, version: String, epoch: Epoch) -> OutboundMessage {
        var json = JSONWriter(capacity: 128)
        json.append("{\"status\":\"online\",\"version\":")
        json.append(string: version)
        json.append(",\"epoch\":")
        json.append(string: epoch.description)
        json.append("}")
        return message(gateway, Array(json.bytes))
    }

    /// A gateway that is gone; because it was told to, or nobody knows why, unless a reason is named.
    static func offline(
        gateway: String, because reason: FarewellReason = .stop
    ) -> OutboundMessage {
        let words = reason == .stop ? "" : ",\"reason\":\"\(reason.rawValue)\""
        return message(gateway, Array("{\"status\":\"offline\"\(words)}".utf8))
    }

    private static func message(_ gateway: String, _ payload: [UInt8]) -> OutboundMessage {
        OutboundMessage(
            topic: "armadio/\(gateway)/status", payload: payload, retain: true,
            contentType: "application/json")
    }
}
