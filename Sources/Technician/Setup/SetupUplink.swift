import Console
import Glibc
import Platform
import Settings
import Telemetry
import Uplink

/// The sixth step: where readings go, and whether a message arrives there.
extension SetupWizard {
    func findUplink() async throws(AnswerStop) {
        while true {
            draft.uplink = try askUplink()
            guard let uplink = draft.uplink, let failure = await failure(of: uplink) else { return }
            interview.tell(SetupTexts.broken(failure))
            if try await goesOn(uplink, failure) { return }
            interview.repeatQuestions(below: "uplink")
        }
    }

    /// What is done about an uplink that does not work; true to go on with it.
    private func goesOn(
        _ uplink: SetupDraft.Uplink, _ failure: String
    ) async throws(AnswerStop) -> Bool {
        var failure = failure
        while true {
            let question = Question(
                ["uplink", "failed"], SetupTexts.uplinkFailed,
                choices: [
                    .init("again", SetupTexts.tryAgain), .init("change", SetupTexts.change),
                    .init("keep", SetupTexts.keep),
                ], suggestion: "change")
            switch try interview.choose(question) {
            case "keep":
                draft.open.append(SetupTexts.openUplink(failure))
                return true
            case "again":
                guard let next = await self.failure(of: uplink) else { return true }
                failure = next
                interview.tell(SetupTexts.broken(failure))
            default: return false
            }
        }
    }

    private func failure(of uplink: SetupDraft.Uplink) async -> String? {
        interview.show(SetupTexts.trying("\(uplink.broker)"))
        let topic = "armadio/\(draft.site)/setup"
        let outcome = await BrokerTrial.run(settings(of: uplink), topic: topic) { chain in
            for certificate in chain { interview.tell(SetupTexts.brokerCertificate(certificate)) }
        }
        switch outcome {
        case .seenBack: interview.tell(SetupTexts.seenBack(topic))
        case .acknowledged(let why): interview.tell(SetupTexts.acknowledged(topic, why))
        case .refused, .failed: break
        }
        return outcome.failure
    }

    /// As the gateway's own, but for the client id: a gateway that runs is not thrown out.
    private func settings(of uplink: SetupDraft.Uplink) -> BrokerSettings {
        var settings = BrokerSettings(
            host: uplink.broker.host, port: uplink.broker.port,
            clientID: "armadio-\(draft.site)-setup")
        settings.userName = uplink.username
        settings.password = uplink.password.map { bytes in
            Secret(description: "the password") { () throws(SystemError) in bytes }
        }
        if uplink.broker.usesTLS {
            settings.tls = BrokerSettings.TLS(authorities: uplink.authority.map { .path($0) })
        }
        return settings
    }

    // MARK: Questions

    private func askUplink() throws(AnswerStop) -> SetupDraft.Uplink {
        var uplink = SetupDraft.Uplink(broker: try askBroker())
        if uplink.broker.usesTLS { uplink.authority = try askAuthority() }
        let user = try interview.ask(
            Question(
                ["uplink", "username"], SetupTexts.username, other: "none, a user's name",
                suggestion: "none")
        ) { text -> Interview.Verdict<String> in .fits(text) }
        if user != "none" {
            uplink.username = user
            uplink.password = try interview.secret(
                Question(["uplink", "password"], SetupTexts.password))
        }
        uplink.session = try interview.choose(
            Question(
                ["uplink", "session"], SetupTexts.session, choices: SetupTexts.sessions,
                suggestion: "senml"))
        return uplink
    }

    private func askBroker() throws(AnswerStop) -> BrokerAddress {
        let question = Question(
            ["uplink", "broker"], SetupTexts.broker, other: "mqtts://broker.example:8883")
        return try interview.ask(question) { text in
            do throws(TextScalarError) {
                return .fits(try BrokerAddress(text: text))
            } catch {
                return .flaw(error.description)
            }
        }
    }

    private func askAuthority() throws(AnswerStop) -> String? {
        let question = Question(
            ["uplink", "ca"], SetupTexts.authority, choices: [.init("system")],
            other: "/etc/armadio/ca.pem", suggestion: "system")
        let answer = try interview.ask(question) { text -> Interview.Verdict<String> in
            if self.interview.choice(text, of: question) == "system" { return .fits("system") }
            return self.authority(self.paths.whole(text))
        }
        return answer == "system" ? nil : answer
    }

    /// The most certificates of a file that are shown.
    private static let mostCertificates = 5

    /// A file with certificates, which are shown.
    private func authority(_ path: String) -> Interview.Verdict<String> {
        do throws(SystemError) {
            let bytes = try readSmallFileBytes(path, limit: CertificateDates.mostBytes)
            let certificates = CertificateDates.all(inPEM: bytes)
            guard !certificates.isEmpty else {
                return .flaw(SetupTexts.authorityFlaw(path, SetupTexts.noCertificate))
            }
            for certificate in certificates.prefix(Self.mostCertificates) {
                interview.tell(SetupTexts.certificate(certificate))
            }
            return .fits(path)
        } catch {
            return .flaw(SetupTexts.authorityFlaw(path, error.reason))
        }
    }
}
