import Glibc
import Platform
import Settings
import Telemetry
import Uplink

/// Where readings go.
extension PlanBuilder {
    var uplinks: [CabinetPlan.UplinkPlan] {
        settings.uplinks.entries.map { name, uplink in
            CabinetPlan.UplinkPlan(
                name: name, address: uplink.brokers[0].description, broker: broker(of: uplink),
                rules: rules(of: uplink), session: uplink.session,
                filter: PointFilter(only: uplink.only, except: uplink.except),
                commands: PointFilter(only: uplink.commands, except: []),
                configuration: uplink.configuration, fingerprint: "\(uplink)")
        }
    }

    /// What the platforms are told of: every point, in the order of the configuration.
    func roster(_ devices: [PlannedDevice]) -> [Presence.RosterPoint] {
        devices.flatMap { device in
            zip(device.spec.points, device.spec.plan.channels).map { point, channel in
                Presence.RosterPoint(
                    id: point.id, point: point.point, isCommandable: channel.isWritable)
            }
        }
    }

    /// Reports patterns of `commands` that name no writable point.
    func checkCommands(_ devices: [PlannedDevice]) {
        let roster = roster(devices)
        for (name, uplink) in settings.uplinks.entries {
            for pattern in uplink.commands
            where !roster.contains(where: {
                $0.isCommandable && PointFilter.matches($0.point, pattern)
            }) {
                let writable = roster.filter(\.isCommandable).map(\.point.path)
                report(
                    path(of: name) + ["commands"], "`\(pattern)` names no writable point",
                    Spelling.suggestion(for: pattern, among: writable)
                        ?? "a point is writable with `writable: true`")
            }
        }
    }

    private func path(of uplink: String) -> [String] {
        file.root?["uplinks"] == nil ? ["uplink"] : ["uplinks", uplink]
    }

    private func rules(of uplink: UplinkSettings) -> ForwardingRules {
        let order: BacklogRules.Order =
            switch uplink.backlog.order {
            case .liveFirst: .liveFirst
            case .inOrder: .inOrder
            }
        return ForwardingRules(
            batchReadings: uplink.batch.readings, batchBytes: Int(uplink.batch.bytes.bytes),
            batchAge: uplink.batch.age, window: uplink.window,
            backlog: BacklogRules(order: order, readingsPerSecond: uplink.backlog.limit),
            acknowledgement: uplink.acknowledge == .platform ? .platform : .broker)
    }

    private func broker(of uplink: UplinkSettings) -> BrokerSettings {
        let (first, others) = (uplink.brokers[0], uplink.brokers.dropFirst())
        var broker = BrokerSettings(
            host: first.host, port: first.port, clientID: uplink.clientId)
        broker.fallbacks = others.map { BrokerSettings.Endpoint(host: $0.host, port: $0.port) }
        broker.failBack = uplink.failBack ?? broker.failBack
        broker.userName = uplink.username
        broker.password = uplink.password.map(secret)
        if first.usesTLS { broker.tls = tls(uplink.tls) }
        broker.protocolChoice =
            switch uplink.version {
            case .auto: .automatic
            case .v5: .v5
            case .v311: .v311
            }
        broker.keepAlive = uplink.keepAlive
        return broker
    }

    private func tls(_ settings: TLSSettings?) -> BrokerSettings.TLS {
        var tls = BrokerSettings.TLS(
            authorities: settings?.ca.map(FileLocation.init),
            certificate: settings?.certificate.map(FileLocation.init),
            key: settings?.key.map(FileLocation.init))
        tls.applicationProtocol = settings?.alpn
        tls.sharedKey = settings?.psk.map {
            BrokerSettings.SharedKey(identity: $0.identity, key: secret($0.key))
        }
        return tls
    }

    private func secret(_ source: SecretSource) -> Secret {
        Secret(description: source.description) { () throws(SystemError) in
            do throws(SecretProblem) {
                return try source.read()
            } catch {
                throw SystemError("read", error.description, errno: EACCES)
            }
        }
    }
}

extension FileLocation {
    fileprivate init(_ file: TLSFile) {
        self =
            switch file {
            case .path(let path): .path(path)
            case .credential(let name): .credential(name)
            }
    }
}
