import Telemetry

/// Looks for what is well-formed but makes no sense in how platforms are reached.
struct UplinkCheck {
    let settings: CabinetSettings
    let file: SettingsFile

    /// The most uplinks: each has a cursor of its own in the journal.
    static let limit = 4

    func run() {
        let entries = settings.uplinks.entries
        if entries.isEmpty || entries.count > Self.limit {
            report(
                ["uplinks"], "there are \(entries.count) uplinks",
                "1 to \(Self.limit) are possible")
        }
        for (name, uplink) in entries.prefix(Self.limit) { check(uplink, named: name) }
    }

    private func check(_ uplink: UplinkSettings, named name: String) {
        let path = file.locatesUplink(name) ? ["uplinks", name] : ["uplink"]
        if path.count > 1, !SettingsFile.isName(name) { file.badName(path, name, isKey: true) }
        within(uplink.window, 1...1000, path + ["window"])
        within(uplink.keepAlive, .seconds(5) ... .seconds(65535), path + ["keep-alive"])
        within(uplink.batch.readings, 1...10_000, path + ["batch", "readings"])
        within(uplink.batch.bytes, .kibibytes(1) ... .mebibytes(1), path + ["batch", "bytes"])
        within(uplink.batch.age, .milliseconds(10) ... .seconds(3600), path + ["batch", "age"])
        if let limit = uplink.backlog.limit {
            within(limit, 1...1_000_000, path + ["backlog", "limit"])
        }
        if let safeAfter = uplink.safeAfter {
            within(safeAfter, .seconds(1) ... .seconds(86400), path + ["safe-after"])
        }
        checkAccess(uplink, path)
        checkSession(uplink, path)
    }

    private func checkAccess(_ uplink: UplinkSettings, _ path: [String]) {
        if uplink.clientId.utf8.count > 256 {
            report(path + ["client-id"], "`client-id` is too long", "at most 256 bytes")
        }
        if uplink.password != nil, uplink.username == nil {
            report(path + ["password"], "a password without a user name", "add `username: ...`")
        }
        if let tls = uplink.tls { check(tls, of: uplink.broker, path + ["tls"]) }
    }

    private func check(_ tls: TLSSettings, of broker: BrokerAddress, _ path: [String]) {
        if !broker.usesTLS {
            report(
                path, "`tls` is of no use with mqtt://",
                "write the broker's address with mqtts://, or remove `tls`")
        }
        if (tls.certificate == nil) != (tls.key == nil) {
            let (there, missing) = tls.key == nil ? ("certificate", "key") : ("key", "certificate")
            report(path + [there], "`\(there)` without `\(missing)`", "add `\(missing): ...`")
        }
        for (key, file) in [("ca", tls.ca), ("certificate", tls.certificate), ("key", tls.key)] {
            guard let file, !file.hasPrefix("/") else { continue }
            report(path + [key], "`\(key)` must begin with /", "write the whole path")
        }
    }

    private func checkSession(_ uplink: UplinkSettings, _ path: [String]) {
        switch uplink.session {
        case .senml, .compact: break
        case .sparkplug(let sparkplug):
            let names = [
                ("group", sparkplug.group), ("node", sparkplug.node),
                ("primary-host", sparkplug.primaryHost),
            ]
            for (key, name) in names {
                if let name { level(name, path + ["session", "sparkplug", key]) }
            }
        case .fiware(let fiware): level(fiware.apiKey, path + ["session", "fiware", "api-key"])
        case .homeassistant(let home):
            level(home.prefix, path + ["session", "homeassistant", "prefix"])
        }
        if uplink.acknowledge == .platform, !uplink.session.hasOwnTopics {
            report(
                path + ["acknowledge"], "this session has no word for what is committed",
                "use `session: senml` or `compact`, or `acknowledge: broker`")
        }
        if let configuration = uplink.configuration { check(configuration, of: uplink, path) }
        for pattern in (uplink.only ?? []) + uplink.except + uplink.commands
        where pattern.isEmpty || pattern.hasPrefix("/") {
            report(
                path, "`\(pattern)` names no point", "write DEVICE or DEVICE/POINT; * is any text")
        }
    }

    private func check(
        _ configuration: RemoteConfigurationSettings, of uplink: UplinkSettings, _ path: [String]
    ) {
        if !uplink.session.hasOwnTopics {
            report(
                path + ["configuration"], "this session has no topics for the configuration",
                "use `session: senml` or `compact`, or remove `configuration`")
        }
        within(
            configuration.confirmWithin, RemoteConfigurationSettings.confirmLimits,
            path + ["configuration", "confirm-within"])
    }

    /// A level of a topic (MQTT 5 section 4.7).
    private func level(_ text: String, _ path: [String]) {
        let isLevel =
            !text.isEmpty && text.utf8.count <= 128
            && !text.unicodeScalars.contains { "/+#".unicodeScalars.contains($0) || $0.value < 32 }
        guard !isLevel else { return }
        report(
            path, "`\(text.prefix(40))` cannot be a level of a topic",
            "1 to 128 bytes without / + # and control characters")
    }

    private func within<Value: Comparable>(
        _ value: Value, _ range: ClosedRange<Value>, _ path: [String]
    ) {
        file.within(value, range, path)
    }

    private func report(_ path: [String], _ what: String, _ mend: @autoclosure () -> String) {
        file.report(path, what, mend())
    }
}

extension SettingsFile {
    /// Whether an uplink stands in `uplinks`, and not alone in `uplink`.
    func locatesUplink(_ name: String) -> Bool { root?["uplinks"]?[name] != nil }
}

extension SessionSettings {
    /// Whether it has topics of armadio's own beside those of its language, by which a platform
    /// tells what it has committed and sends a configuration.
    var hasOwnTopics: Bool {
        switch self {
        case .senml, .compact: true
        case .sparkplug, .fiware, .homeassistant: false
        }
    }
}
