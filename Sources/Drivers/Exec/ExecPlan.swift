import Buses
import Telemetry

extension DriverKind {
    /// A device whose driver is a program in any language.
    public static let exec = DriverKind(
        name: "exec", summary: "a program in any language that reads the device",
        bus: .process, usualInterval: .seconds(10),
        plan: { source in
            guard let options = source.decode(ExecOptions.self) else { return nil }
            return ExecPlan(options: options, source: source).plan()
        })
}

/// Checks a program's options. Every problem is reported; the plan is nil if there was one.
private struct ExecPlan {
    /// The most words of a command, and names of an environment.
    static let mostWords = 64
    /// The most points: an answer with all of them is to fit a line.
    static let mostPoints = 500
    /// What is found without a path unless `environment` says otherwise.
    static let path = "/usr/bin:/bin"

    var options: ExecOptions
    var source: any OptionsSource

    func plan() -> DevicePlan? {
        // All of them are looked at.
        let checks = [checkCommand(), checkEnvironment(), checkLimits(), checkTimeout()]
        guard let points = points(), !checks.contains(false) else { return nil }
        let settings = ExecDriver.Settings(
            device: source.device, points: points, timeout: options.timeout ?? .seconds(5),
            processorShare: options.limits?.cpu?.share ?? 0.5)
        return DevicePlan(
            channels: points.map {
                Channel(
                    name: $0.name, unit: $0.unit ?? .none, isWritable: $0.writing != nil,
                    safeValue: $0.writing?.safeValue)
            }, program: program
        ) { handle, _ in
            guard case .process(let process) = handle else {
                preconditionFailure("checked: a program")
            }
            return ExecDriver(process: process, settings: settings)
        }
    }

    private var program: ProgramLine {
        var limits = ProgramLimits()
        limits.memory = options.limits?.memory ?? limits.memory
        limits.files = options.limits?.files ?? limits.files
        limits.fileSize = options.limits?.fileSize ?? limits.fileSize
        let given = options.environment ?? NamedList()
        let usual = given["PATH"] == nil ? ["PATH=" + Self.path] : []
        return ProgramLine(
            device: source.device, command: options.command,
            environment: usual + given.entries.map { $0.name + "=" + $0.value }, limits: limits)
    }

    private func points() -> [ExecDriver.Point]? {
        let entries = options.points.entries
        guard (1...Self.mostPoints).contains(entries.count) else {
            source.report(
                path: ["points"], "the program has \(entries.count) points",
                mend: "list 1 to \(Self.mostPoints), such as `temp: {unit: Cel}`")
            return nil
        }
        let points = entries.compactMap { name, point -> ExecDriver.Point? in
            do throws(PointFlaw) {
                return ExecDriver.Point(
                    name: name, unit: point.unit,
                    writing: try ExecWriting(name: name, option: point.writable))
            } catch {
                source.report(path: ["points", name] + error.keys, error.what, mend: error.mend)
                return nil
            }
        }
        return points.count == entries.count ? points : nil
    }

    private func checkCommand() -> Bool {
        let command = options.command
        guard command.first?.hasPrefix("/") == true, command.count <= Self.mostWords else {
            source.report(
                path: ["command"], "`command` is a program's whole path and its arguments",
                mend: "write at most \(Self.mostWords) words, such as [/usr/bin/python3, "
                    + "/usr/lib/armadio/drivers/weather.py]")
            return false
        }
        return checkText(command, at: ["command"])
    }

    private func checkEnvironment() -> Bool {
        guard let environment = options.environment else { return true }
        let entries = environment.entries
        if let odd = entries.first(where: { $0.name.isEmpty || $0.name.contains("=") }) {
            source.report(
                path: ["environment"], "`\(odd.name)` is no name of a variable",
                mend: "use a name without =")
            return false
        }
        guard entries.count <= Self.mostWords else {
            source.report(
                path: ["environment"], "there are \(entries.count) variables",
                mend: "write at most \(Self.mostWords)")
            return false
        }
        return checkText(entries.map { $0.name + $0.value }, at: ["environment"])
    }

    /// The kernel takes no more of a word, and ends it at a NUL.
    private func checkText(_ words: [String], at path: [String]) -> Bool {
        guard words.contains(where: { $0.utf8.count > 4096 || $0.utf8.contains(0) }) else {
            return true
        }
        source.report(
            path: path, "a word is longer than 4,096 bytes or has a NUL in it",
            mend: "put it into a file that the program reads")
        return false
    }

    private func checkLimits() -> Bool {
        guard let limits = options.limits else { return true }
        let memory = ByteSize.mebibytes(16) ... .gibibytes(64)
        let fileSize = ByteSize(bytes: 0) ... .gibibytes(1024)
        let checks = [
            check(limits.memory, memory, "memory"), check(limits.files, 8...65536, "files"),
            check(limits.fileSize, fileSize, "file-size"),
        ]
        return !checks.contains(false)
    }

    private func check<Size: Comparable>(
        _ value: Size?, _ range: ClosedRange<Size>, _ key: String
    ) -> Bool {
        guard let value, !range.contains(value) else { return true }
        source.report(
            path: ["limits", key], "`\(key)` is \(value), which is out of range",
            mend: "write \(range.lowerBound) to \(range.upperBound)")
        return false
    }

    private func checkTimeout() -> Bool {
        let range = Duration.milliseconds(100) ... .seconds(60)
        guard let timeout = options.timeout, !range.contains(timeout) else { return true }
        source.report(
            path: ["timeout"], "`timeout` is \(timeout.text), which is out of range",
            mend: "write 100ms to 1m")
        return false
    }
}
