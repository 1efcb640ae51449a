import Glibc
import TestSupport
import Testing

/// A cabinet of one test: its configuration file, and the gateway that runs by it.
struct TestGateway {
    /// The gateway's name.
    static let name = "cabinet-0042"
    /// How long it may take to come to a state.
    private static let patience = Duration.seconds(60)

    let folder: TestFolder
    let process: TestProcess

    var configuration: String { folder.path("cabinet.yaml") }

    /// Starts the gateway and waits until it runs.
    init(in folder: TestFolder, named name: String = Self.name) async throws {
        self.folder = folder
        process = try TestProcess(armadio: ["run", "-c", folder.path("cabinet.yaml")])
        try await process.start()
        _ = try await log("gateway \(name) runs")
    }

    /// Writes the configuration of a cabinet.
    ///
    /// - Parameters:
    ///   - broker: The broker's port.
    ///   - uplink: More keys of the uplink, each behind a comma.
    ///   - buses: The ports of Modbus TCP servers by the name of the bus.
    ///   - responseTimeout: Of the buses: short where a device is mute, long where each answers.
    ///   - commitAfter: Short where something is to be on disk, long where the link is to come
    ///     before that: what is on disk by then is sent behind what is new.
    ///   - devices: The lines below `devices:`, if there are any.
    static func write(
        to folder: TestFolder, broker: UInt16, uplink: String = "",
        buses: KeyValuePairs<String, UInt16> = [:], responseTimeout: String = "5s",
        commitAfter: String = "500ms", devices: String = ""
    ) throws {
        let lines = buses.map { name, port in
            "  \(name): {modbus-tcp: {host: 127.0.0.1, port: \(port)}, "
                + "response-timeout: \(responseTimeout)}"
        }
        try folder.write(
            "cabinet.yaml",
            """
            gateway: \(name)
            uplink: {broker: "mqtt://127.0.0.1:\(broker)", batch: {age: 200ms}\(uplink)}
            journal: {path: \(folder.path)/journal, commit-after: \(commitAfter)}
            control: {socket: \(folder.path)/control.sock}
            \(buses.isEmpty ? "" : "buses:\n" + lines.joined(separator: "\n"))
            \(devices.isEmpty ? "" : "devices:\n" + devices)

            """)
    }

    /// Waits for a line of the log.
    @discardableResult
    func log(_ text: String) async throws -> String {
        try await process.line(containing: text, on: .errors)
    }

    /// Makes it read its configuration anew.
    func reload() async {
        await process.signal(SIGHUP)
    }

    /// Ends it as systemd does.
    @discardableResult
    func stop() async throws -> TestProcess.Outcome {
        try await process.end(SIGTERM)
    }

    /// What `armadio status` answers.
    func status(_ options: String...) async throws -> TestProcess.Outcome {
        try await TestProcess(armadio: ["status", "-c", configuration] + options).run()
    }

    /// Asks for its status until that fits.
    func status(until fits: (Status) -> Bool) async throws -> Status {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let status = try decode(Status.self, from: try await status("--json").output)
            if fits(status) { return status }
            guard ContinuousClock.now < deadline else { throw Unfit(status: status) }
        }
    }

    /// The status did not become what it should.
    struct Unfit: Error {
        var status: Status
    }
}

/// What a test reads of `armadio status --json`.
struct Status: Decodable {
    struct Link: Decodable {
        var name: String
        var isUp: Bool
        var broker: String
        var protocolVersion: String?
        var failure: String?
        var nextTrySeconds: Double?
        var sent: Int
        var acknowledged: Int
    }

    struct Journal: Decodable {
        var epoch: String
        var readings: UInt64
        var inMemory: Int
        var onDisk: Int
        var oldestSeconds: Double?
    }

    struct Device: Decodable {
        var name: String
        var isAnswering: Bool
        var good: Int
        var bad: Int
        var failure: String?
    }

    var gateway: String
    var version: String
    var configurationFailure: String?
    var uplinks: [Link]
    var journal: Journal
    var devices: [Device]
    var findings: [FindingLine]
}

/// What a test reads of a finding.
struct FindingLine: Decodable {
    var severity: String
    var subject: String
    var what: String
    var mend: String?
}
