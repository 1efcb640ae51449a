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
            try interview.confirm(["write"], SetupTexts.write(paths.configuration), suggestion: true)
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
        if draft.devices.isEmpty && draft.lines.isEmpty { draft.open.append("no device is set up") }
        if isRunning {
            interview.show(SetupTexts.reload(paths.configuration))
        } else {
            interview.show(
                SetupTexts.start(
                    paths.configuration,
                    isUsual: paths.configuration.hasPrefix("/etc/armadio/")))
        }
        if try interview.confirm(["wait"], SetupTexts.wait, suggestion: true) {
            let proof = DeliveryProof(socket: paths.control, clock: environment.clock)
            let isProven = await proof.run { interview.show($0) }
            if !isProven { draft.open.append(SetupTexts.proof(paths.configuration)) }
        } else {
            draft.open.append(SetupTexts.proof(paths.configuration))
        }
        guard !draft.open.isEmpty else { return interview.show(SetupTexts.nothingOpen) }
        interview.show(SetupTexts.open)
        for point in draft.open { interview.show("  - " + point) }
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
    private static let serviceUser = "armadio"

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
        guard geteuid() == 0, let user = getpwnam(serviceUser) else { return }
        chown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }
}
