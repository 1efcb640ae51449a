import ArgumentParser
import Console
import Gateway
import Platform
import Settings
import Technician
import Telemetry

/// `armadio support-bundle`
struct SupportBundleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "support-bundle",
        abstract: "Pack what a remote engineer needs, without secrets.",
        discussion: """
            Configuration, profiles, status, the doctor's findings, journal, logs and what the \
            system says, at most 5 MiB, readable by you alone. Passwords and keys are removed wherever they stand; \
            index.txt in the bundle says what is in it, what was cut and what is missing. Works \
            without a running gateway too. Run it with sudo, so that logs and secrets can be \
            read: a secret that cannot is not looked for, which is said.

            Examples:
              armadio support-bundle
              armadio support-bundle -o bundle.tar.gz --json
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(
        name: [.short, .long],
        help: ArgumentHelp("The file to write.", valueName: "file.tar.gz"),
        completion: .file(extensions: ["tar.gz"]))
    var output: String?
    @Option(help: ArgumentHelp("The control socket, if not the configured one.", valueName: "path"))
    var socket: String?
    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let wall = SystemClock().anchor().wall
        let diagnosis = await CabinetDoctor(file: file).diagnosis()
        let bundle: SupportBundle
        do throws(BundleFailure) {
            bundle = try SupportBundle(source(diagnosis), at: wall)
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        let path = output ?? Self.name(at: wall)
        do throws(SystemError) {
            try replaceSmallFile(path, with: bundle.bytes, mode: 0o600)
        } catch {
            complain("\(error); name another file with --output")
            throw Exit.failed
        }
        var summary = bundle.summary
        summary.file = path
        say(json ? try Console.json(summary) : Self.text(summary))
    }

    private func source(_ diagnosis: Diagnosis) -> SupportBundle.Source {
        SupportBundle.Source(
            configuration: file.path, problems: problems, profiles: file.profiles.library,
            socket: address, version: Armadio.version, extras: extras(diagnosis))
    }

    private var address: String { socket ?? file.quietControlSocket() }

    /// What the doctor finds, and what a running gateway tells beside its status.
    private func extras(_ diagnosis: Diagnosis) -> [SupportBundle.Source.Extra] {
        let address = address
        return [
            SupportBundle.Source.Extra("doctor.txt") {
                diagnosis.text(FindingText(), isVerbose: true) + "\n"
            },
            SupportBundle.Source.Extra("gateway/points.json") {
                try Console.json(try ControlClient.points(socket: address))
            },
            SupportBundle.Source.Extra("log/gateway", keepsEnd: true) {
                var text = ""
                try ControlClient.log(lines: 1000, follow: false, socket: address) { line in
                    text += "\(timeSpan(line.ageSeconds)) ago \(line.level): \(line.text)\n"
                    return true
                }
                return text
            },
        ]
    }

    private var problems: [SettingsProblem] {
        do throws(SettingsProblems) {
            _ = try file.check(SettingsFile(path: file.path), PointTable())
            return []
        } catch {
            return error.problems
        }
    }

    /// `armadio-support-20261127-011500.tar.gz`
    private static func name(at wall: WallTime) -> String {
        let digits = "\(wall)".prefix(19).filter(\.isNumber)
        return "armadio-support-\(digits.prefix(8))-\(digits.dropFirst(8)).tar.gz"
    }

    private static func text(_ summary: SupportBundle.Summary) -> String {
        var lines = [
            "\(summary.file ?? "-"): \(byteSize(UInt64(summary.bytes))), "
                + "\(summary.files.count) files, \(summary.secretsRemoved) secrets removed"
        ]
        lines += summary.secretsUnknown.map {
            "! \($0) could not be read, so it was not looked for in the logs; use sudo"
        }
        lines += summary.cut.map { "cut: \($0)" }
        lines += summary.missing.map { "missing: \($0)" }
        return lines.joined(separator: "\n")
    }
}
