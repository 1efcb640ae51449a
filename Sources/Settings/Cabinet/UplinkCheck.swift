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
        checkBrokers(uplink, path)
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
        guard let tls = uplink.tls else { return }
        if uplink.brokers.contains(where: { !$0.usesTLS && !$0.host.isEmpty }) {
            report(
                path + ["tls"], "`tls` is of no use with mqtt://",
                "write the broker's address with mqtts://, or remove `tls`")
        }
        check(tls, path + ["tls"])
    }

    /// The most brokers of an uplink.
    static let brokerLimit = 4

    private func checkBrokers(_ uplink: UplinkSettings, _ path: [String]) {
        let brokers = uplink.brokers
        if brokers.count > Self.brokerLimit {
            report(
                path + ["broker"], "there are \(brokers.count) brokers",
                "1 to \(Self.brokerLimit) are possible")
        }
        if Set(brokers.map(\.usesTLS)).count > 1 {
            report(
                path + ["broker"], "brokers with TLS and without are mixed",
                "write mqtts:// everywhere: else what is secret to one is told to all on the way "
                    + "to another")
        }
        if Set(brokers).count < brokers.count {
            report(path + ["broker"], "a broker is named twice", "name each once")
        }
        guard let failBack = uplink.failBack else { return }
        within(failBack, .seconds(10) ... .seconds(86400), path + ["fail-back"])
        if brokers.count == 1 {
            report(
                path + ["fail-back"], "`fail-back` is of no use with one broker",
                "write a list of brokers, or remove `fail-back`")
        }
    }

    private func check(_ tls: TLSSettings, _ path: [String]) {
        if (tls.certificate == nil) != (tls.key == nil) {
            let (there, missing) = tls.key == nil ? ("certificate", "key") : ("key", "certificate")
            report(path + [there], "`\(there)` without `\(missing)`", "add `\(missing): ...`")
        }
        let files = [("ca", tls.ca), ("certificate", tls.certificate), ("key", tls.key)]
        if let alpn = tls.alpn { length(alpn, 1...254, path + ["alpn"]) }
        guard let psk = tls.psk else { return }
        length(psk.identity, 1...128, path + ["psk", "identity"])
        if let other = files.first(where: { $0.1 != nil })?.0 {
            report(
                path + ["psk"], "`psk` beside `\(other)`",
                "a broker is recognised by a key or by certificates; remove one of them")
        }
    }

    private func length(_ text: String, _ range: ClosedRange<Int>, _ path: [String]) {
        guard !range.contains(text.utf8.count) else { return }
        report(
            path, "`\(path.last ?? "")` has \(text.utf8.count) bytes",
            "\(range.lowerBound) to \(range.upperBound) are possible")
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
