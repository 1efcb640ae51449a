import ArgumentParser
import Boards
import Console
import Gateway
import Platform
import Settings
import Technician
import Telemetry

/// `armadio report`: the commissioning record.
struct Report: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the cabinet's commissioning record.",
        discussion: """
            One HTML page without anything from elsewhere, which a browser prints on A4: board, \
            versions, devices with what they say they are, values, error rates, the uplink's \
            proof, the last hour as pictures, what is still open, and a line to sign. Needs the \
            running gateway. To ask Modbus devices who they are it borrows their buses for a \
            moment; --passive leaves that out.

            Examples:
              armadio report -o record.html
              armadio report --passive --json
            """)

    @OptionGroup var file: ConfigurationOption
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "The file to write; armadio-report-GATEWAY.html unless given.", valueName: "file.html"),
        completion: .file(extensions: ["html"]))
    var output: String?
    @Option(help: ArgumentHelp("The control socket, if not the configured one.", valueName: "path"))
    var socket: String?
    @Flag(help: "Do not ask the devices who they are.")
    var passive = false
    @Flag(help: "Print the facts as JSON; no page unless --output names one.")
    var json = false

    func run() async throws {
        var record: CommissioningRecord
        do throws(ControlClient.Failure) {
            record = try gathered()
        } catch {
            complain("\(error)")
            throw error.exitCode
        }
        record.findings += await machineFindings()
        if !passive {
            let plan = try file.load(PointTable())
            let identities = DeviceIdentities(file: file, lines: plan.buses)
            record.findings += await identities.fill(&record.devices)
        }
        let path = output ?? (json ? nil : "armadio-report-\(record.gateway).html")
        if let path { try write(RecordPage(record).html, to: path) }
        if json {
            say(try Console.json(record))
        } else if let path {
            let count = record.openPoints.count
            say("\(path): \(count == 0 ? "no open points" : "open points: \(count)")")
        }
    }

    /// What the doctor finds where the gateway's status does not say it already.
    private func machineFindings() async -> [Finding] {
        await CabinetDoctor(file: file)
            .diagnosis(of: [.permissions, .kernel, .clock, .disk, .system])
            .entries.map(\.finding)
    }

    private func write(_ page: String, to path: String) throws {
        do throws(SystemError) {
            try replaceSmallFile(path, with: Array(page.utf8), mode: 0o644)
        } catch {
            complain("\(error); name another file with --output")
            throw Exit.failed
        }
    }

    /// What the gateway, the configuration and the machine say.
    private func gathered() throws(ControlClient.Failure) -> CommissioningRecord {
        let settings = SettingsFile(path: file.path)
        let address = socket ?? file.quietControlSocket()
        let status = try ControlClient.status(socket: address)
        let points = try ControlClient.points(socket: address)
        let anchor = SystemClock().anchor()
        let library = BoardLibrary()
        return CommissioningRecord(
            gateway: status.gateway, time: "\(anchor.wall)",
            clock: "\(anchor.quality.name), source: \(anchor.source.name)",
            board: settings.root?["board"]?.text ?? library.detect(DeviceTree()),
            software: CommissioningRecord.Software(armadio: status.version),
            configuration: CommissioningRecord.Configuration(of: settings, path: file.path),
            status: status, devices: CommissioningRecord.devices(of: settings), points: points,
            history: try history(of: points, address),
            // The doctor has more to say of the clock.
            findings: StatusProblems(status).findings.filter { $0.subject != "clock" })
    }

    /// The last hour of the points that have had numbers in it.
    private func history(
        of points: [PointReport], _ address: String
    ) throws(ControlClient.Failure) -> [HistoryReport] {
        let names = points.prefix(ControlLimits.historyPoints).map(\.point)
        guard !names.isEmpty else { return [] }
        let all = try ControlClient.history(of: Array(names), seconds: 3600, socket: address)
        let drawn = all.filter { $0.buckets.contains { $0.last != nil } }
        return Array(drawn.prefix(CommissioningRecord.historyLimit))
    }
}
