import Console
import Gateway
import Glibc
import Platform
import Settings
import Telemetry

/// The last two steps: the configuration is shown, checked and written, and it is proven that
/// readings arrive.
extension SetupWizard {
    func refuseToOverwrite() throws(SetupFailure) {
        if !replaces, access(paths.configuration, F_OK) == 0 {
            throw .failed(SetupTexts.exists(paths.configuration))
        }
    }

    func writeConfiguration() throws(AnswerStop) {
        chooseSecretFile()
        let text = draft.text(paths)
        interview.show(text)
        do throws(SettingsProblems) {
            let plan = try plan(of: draft)
            interview.show("  fit for use: gateway \(plan.gateway), \(plan.summary)")
        } catch {
            interview.show(error.description)
            throw .impossible(error.description)
        }
        guard
            try interview.confirm(
                ["write"], SetupTexts.write(paths.configuration), suggestion: true)
        else {
            interview.show(SetupTexts.notWritten)
            throw interview.source.isPerson ? .again : .leave
        }
        do throws(SystemError) {
            try write(text)
            isWritten = true
        } catch {
            failure = "\(error)"
        }
    }

    /// The most files of secrets; the last is replaced when none fits.
    private static let mostSecrets = 20

    /// The first file of the name that is free or has this secret. One that is there stays: the
    /// configuration before names it, and may come back.
    private func chooseSecretFile() {
        guard let password = draft.uplink?.password else { return }
        let first = paths.secret
        for number in 1...Self.mostSecrets {
            paths.secret = number == 1 ? first : "\(first)-\(number)"
            do throws(SystemError) {
                let known = try readSmallFileBytes(paths.secret, limit: SecretSource.limitBytes)
                if known == password { return }
            } catch {
                if error.errno == ENOENT { return }
            }
        }
    }

    /// The secret comes first: at no time does the configuration name one that is not there.
    private func write(_ text: String) throws(SystemError) {
        if let password = draft.uplink?.password { try writeSecret(password) }
        if access(paths.configuration, F_OK) == 0 {
            let before = paths.configuration + ".before"
            let old = try readSmallFileBytes(
                paths.configuration, limit: SettingsLimits.fileBytes)
            try replaceSmallFile(before, with: String(decoding: old, as: UTF8.self))
            interview.tell(SetupTexts.kept(before))
        }
        try replaceSmallFile(
            paths.configuration, with: Array(text.utf8), mode: 0o640, owner: Service.owner)
        interview.tell(SetupTexts.written(paths.configuration))
    }

    /// For its owner alone.
    private func writeSecret(_ secret: [UInt8]) throws(SystemError) {
        let folder = paths.secret.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", folder) }
        if let owner = Service.owner, chown(folder, owner.user, owner.group) != 0 {
            throw SystemError("chown", folder)
        }
        try replaceSmallFile(paths.secret, with: secret, mode: 0o600, owner: Service.owner)
    }

    // MARK: The proof

    func prove() async throws(AnswerStop) {
        if draft.devices.isEmpty && draft.lines.isEmpty { draft.open.append(SetupTexts.noDevice) }
        interview.tell(
            isRunning
                ? SetupTexts.running : SetupTexts.start(paths.configuration, isUsual: isUsual))
        let way = try interview.choose(
            Question(["start"], SetupTexts.startNow, choices: ways, suggestion: ways[0].word))
        let isProven =
            switch way {
            case "apply": await applyToGateway()
            case "try": await tryGateway()
            case "service": await startService()
            case "wait": await delivers()
            default: false
            }
        if !isProven, failure == nil { draft.open.append(SetupTexts.proof(paths.configuration)) }
        if way == "try" {
            draft.open.append(SetupTexts.startForGood(paths.configuration, isUsual: isUsual))
        }
        if way != "no", !isProven, !interview.source.isPerson {
            failure = failure ?? SetupTexts.notProven
        }
        guard !draft.open.isEmpty else { return interview.tell(SetupTexts.nothingOpen) }
        interview.show(SetupTexts.open)
        for point in draft.open { interview.tell("  - " + point) }
    }

    /// The ways to a running gateway, the best first.
    private var ways: [Question.Choice] {
        let rest = [
            Question.Choice("wait", SetupTexts.wait), Question.Choice("no", SetupTexts.later),
        ]
        guard !isRunning else { return [.init("apply", SetupTexts.apply)] + rest }
        var ways: [Question.Choice] = []
        if isUsual, Service.units.contains(where: { access($0, F_OK) == 0 }) {
            ways.append(.init("service", SetupTexts.asService))
        }
        // What root's gateway puts into the journal, the service's could not change.
        if Service.owner == nil { ways.append(.init("try", SetupTexts.forProof)) }
        return ways + rest
    }

    private var isUsual: Bool { paths.configuration.hasPrefix("/etc/armadio/") }

    func delivers() async -> Bool { await proof() == .proven }

    /// How long a gateway has at its end to send what can be sent, in seconds.
    private static let endSeconds = 10

    private func tryGateway() async -> Bool {
        let program = [
            "/proc/self/exe", "run", "-c", paths.configuration, "--profiles",
            environment.profiles.folder,
        ]
        do throws(SystemError) {
            let output = try KeptOutput()
            let gateway = try ChildProcess(
                program, output: output.descriptor, group: .ofOwner)
            let isProven = await delivers()
            gateway.end(within: Self.endSeconds)
            if !isProven { interview.show(output.tail) }
            return isProven
        } catch {
            interview.tell(SetupTexts.broken("\(error)"))
            return false
        }
    }

    private func startService() async -> Bool {
        do throws(SystemError) {
            let output = try KeptOutput()
            let systemctl = try ChildProcess(
                ["systemctl", "enable", "--now", "armadio"], output: output.descriptor,
                group: .ofOwner)
            guard systemctl.wait() else {
                interview.show(output.tail)
                return false
            }
        } catch {
            interview.tell(SetupTexts.broken("\(error)"))
            return false
        }
        return await delivers()
    }

    private var isRunning: Bool {
        do throws(ControlClient.Failure) {
            _ = try ControlClient.status(socket: paths.control)
            return true
        } catch {
            return !error.isAbsence
        }
    }
}

/// The gateway as a service of the system.
private enum Service {
    /// The user that it runs as.
    private static let user = "armadio"

    /// Where it is described, if it is there.
    static let units = [
        "/etc/systemd/system/armadio.service", "/usr/lib/systemd/system/armadio.service",
        "/lib/systemd/system/armadio.service",
    ]

    /// The user whom what root writes is given to: else the gateway could not read it. Nil if
    /// somebody else writes, or if there is no such user.
    static var owner: LocalUser? {
        guard geteuid() == 0 else { return nil }
        do throws(SystemError) {
            return try localUser(named: user)
        } catch {
            return nil
        }
    }
}
