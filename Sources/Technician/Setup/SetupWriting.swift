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

    /// The secret comes first: at no time does the configuration name one that is not there.
    private func write(_ text: String) throws(SystemError) {
        if let password = draft.uplink?.password { try SecretFile.write(password, paths.secret) }
        if access(paths.configuration, F_OK) == 0 {
            let before = paths.configuration + ".before"
            let old = try readSmallFileBytes(
                paths.configuration, limit: SettingsLimits.fileBytes)
            try replaceSmallFile(before, with: String(decoding: old, as: UTF8.self))
            interview.show(SetupTexts.kept(before))
        }
        try replaceSmallFile(paths.configuration, with: text)
        SecretFile.handOver(paths.configuration)
        interview.show(SetupTexts.written(paths.configuration))
    }

    // MARK: The proof

    func prove() async throws(AnswerStop) {
        if draft.devices.isEmpty && draft.lines.isEmpty { draft.open.append(SetupTexts.noDevice) }
        interview.tell(
            isRunning ? SetupTexts.reload : SetupTexts.start(paths.configuration, isUsual: isUsual))
        let way = try interview.choose(
            Question(["start"], SetupTexts.startNow, choices: ways, suggestion: ways[0].word))
        let isProven =
            switch way {
            case "try": await tryGateway()
            case "service": await startService()
            case "wait": await delivers()
            default: false
            }
        if !isProven { draft.open.append(SetupTexts.proof(paths.configuration)) }
        if way == "try" {
            draft.open.append(SetupTexts.startForGood(paths.configuration, isUsual: isUsual))
        }
        if way != "no", !isProven, !interview.source.isPerson { failure = SetupTexts.notProven }
        guard !draft.open.isEmpty else { return interview.tell(SetupTexts.nothingOpen) }
        interview.show(SetupTexts.open)
        for point in draft.open { interview.tell("  - " + point) }
    }

    /// The ways to a running gateway, the best first.
    private var ways: [Question.Choice] {
        var ways: [Question.Choice] = []
        if !isRunning {
            if isUsual, SecretFile.units.contains(where: { access($0, F_OK) == 0 }) {
                ways.append(.init("service", SetupTexts.asService))
            }
            // What root's gateway puts into the journal, the service's could not change.
            if geteuid() != 0 || SecretFile.service == nil {
                ways.append(.init("try", SetupTexts.forProof))
            }
        }
        return ways + [.init("wait", SetupTexts.wait), .init("no", SetupTexts.later)]
    }

    private var isUsual: Bool { paths.configuration.hasPrefix("/etc/armadio/") }

    private func delivers() async -> Bool {
        await DeliveryProof(socket: paths.control, clock: environment.clock)
            .run { interview.tell($0) }
    }

    private func tryGateway() async -> Bool {
        do throws(SystemError) {
            var gateway = try ChildProgram([
                "/proc/self/exe", "run", "-c", paths.configuration, "--profiles",
                environment.profiles.folder,
            ])
            let isProven = await delivers()
            gateway.end()
            if !isProven { interview.show(gateway.tail) }
            return isProven
        } catch {
            interview.tell(SetupTexts.broken("\(error)"))
            return false
        }
    }

    private func startService() async -> Bool {
        do throws(SystemError) {
            var systemctl = try ChildProgram(["systemctl", "enable", "--now", "armadio"])
            guard systemctl.wait() else {
                interview.show(systemctl.tail)
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

/// A file with a secret: written beside, synced, renamed; for its owner alone.
enum SecretFile {
    /// The user that the gateway's service runs as.
    static let serviceUser = "armadio"
    /// The user and its group; nil if there is none.
    static var service: LocalUser? {
        do throws(SystemError) {
            return try localUser(named: serviceUser)
        } catch {
            return nil
        }
    }

    /// Where the service is described, if it is there.
    static let units = [
        "/etc/systemd/system/armadio.service", "/usr/lib/systemd/system/armadio.service",
        "/lib/systemd/system/armadio.service",
    ]

    static func write(_ secret: [UInt8], _ path: String) throws(SystemError) {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", folder) }
        handOver(folder)
        let fresh = path + ".new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError("open", fresh) }
        let count = secret.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let failure = count == secret.count && fsync(descriptor) == 0 ? 0 : max(errno, EIO)
        close(descriptor)
        guard failure == 0 else {
            unlink(fresh)
            throw SystemError("write", fresh, errno: failure)
        }
        handOver(fresh)
        guard rename(fresh, path) == 0 else { throw SystemError("rename", path) }
    }

    /// Gives a file to the service's user, where root writes it and there is such a user: else the
    /// gateway could not read it.
    static func handOver(_ path: String) {
        guard geteuid() == 0, let service else { return }
        chown(path, service.user, service.group)
    }
}
