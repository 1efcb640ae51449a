import Glibc
import Platform
import Telemetry

/// The configuration, and the files that it names.
struct ConfigurationExam {
    /// The most problems of a file that are told one by one.
    static let mostProblems = 5

    let cabinet: CabinetFacts
    let facts: any SystemFacts
    /// Who the gateway runs as; nil if that is not known.
    let gatewayUser: UserFacts?

    func examine() async -> [Finding] {
        validity + cabinet.uplinks.flatMap { uplink in uplink.files.flatMap { file(uplink, $0) } }
    }

    private var validity: [Finding] {
        if let summary = cabinet.summary {
            return [Finding(.ok, "configuration", "fit for use: \(summary)")]
        }
        guard facts.exists(cabinet.path) else {
            return [
                Finding(
                    .problem, "configuration", "\(cabinet.path) is not there",
                    mend: "`armadio setup` makes one; or name another file with --config")
            ]
        }
        let shown = cabinet.problems.prefix(Self.mostProblems).map { problem in
            let place = problem.location.map { "\($0): " } ?? ""
            return Finding(
                .problem, "configuration", place + problem.what,
                mend: problem.mend.isEmpty ? nil : problem.mend)
        }
        let rest = cabinet.problems.count - shown.count
        guard rest > 0 else { return shown }
        return shown + [
            Finding(.note, "configuration", "and \(rest) more", mend: "`armadio check` lists all")
        ]
    }

    // MARK: Files

    private func file(_ uplink: CabinetFacts.Uplink, _ file: CabinetFacts.NeededFile) -> [Finding] {
        let subject = "\(file.what) of \(uplink.subject)"
        do throws(SystemError) {
            return try self.file(file, as: subject)
        } catch {
            guard error.errno != ENOENT && error.errno != ENOTDIR else {
                return [
                    Finding(
                        .problem, subject, "\(file.path) is not there",
                        mend: "put the file there, or write its right path into the configuration")
                ]
            }
            return [.unseen(subject, error)]
        }
    }

    private func file(
        _ file: CabinetFacts.NeededFile, as subject: String
    ) throws(SystemError) -> [Finding] {
        let state = try facts.file(file.path)
        if file.isSecret, state.mode & (S_IRWXO) != 0 {
            return [
                Finding(
                    .problem, subject, "\(file.path) is open to every user (mode \(state.octal))",
                    mend: "chmod o-rwx \(file.path)")
            ]
        }
        if let gatewayUser, let obstacle = try obstacle(to: file.path, for: gatewayUser) {
            return [
                Finding(
                    .problem, subject,
                    "the gateway's user \(Accounts(facts).userName(gatewayUser.id)) may not read "
                        + obstacle,
                    mend: obstacle == file.path
                        ? "chgrp \(Accounts.group) \(file.path) && chmod g+r \(file.path)"
                        : "chmod a+x \(obstacle)")
            ]
        }
        if file.isSecret, state.mode & (S_IWGRP) != 0 {
            return [
                Finding(
                    .warning, subject, "\(file.path) may be changed by its group",
                    mend: "chmod g-w \(file.path)")
            ]
        }
        return [Finding(.ok, subject, "\(file.path), mode \(state.octal)")]
    }

    /// The first folder on the way that the user may not pass, or the file; nil if there is none.
    private func obstacle(
        to path: String, for user: UserFacts
    ) throws(SystemError) -> String? {
        var place = ""
        for part in path.split(separator: "/").dropLast() {
            place += "/" + part
            if try !facts.file(place).allows(.search, to: user) { return place }
        }
        return try facts.file(path).allows(.read, to: user) ? nil : path
    }
}
