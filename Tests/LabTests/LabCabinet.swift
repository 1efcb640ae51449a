import CLinux
import Glibc
import Platform
import TestSupport
import Testing

/// A whole cabinet in the lab: a broker, a subscriber, and the gateway as a user that is not root,
/// in the group that udev's rules give the devices to.
struct LabCabinet {
    /// The user and the group, which exist nowhere else.
    private static let (user, group): (UInt32, UInt32) = (31_234, 31_235)

    let lab: Lab
    let folder: TestFolder
    let broker: MosquittoBroker
    let readings: SenMLReadings

    /// A cabinet with these devices; further lines of its configuration are on the top level.
    init(_ configuration: String, commitAfter: String = "1s") async throws {
        lab = try Lab()
        // The lab's root keeps no owners; its /run does.
        folder = try TestFolder(below: "/run")
        broker = try await MosquittoBroker(in: folder)
        readings = SenMLReadings(
            subscriber: try await broker.subscriber(
                to: "armadio/lab/telemetry", count: 100_000, format: "%p"), gateway: "lab")
        try folder.write(
            "cabinet.yaml",
            """
            gateway: lab
            uplink: {broker: "mqtt://127.0.0.1:\(broker.port)", batch: {age: 100ms}, \
            safe-after: 1s}
            journal: {path: \(folder.path)/journal, commit-after: \(commitAfter)}
            control: {socket: \(folder.path)/control.sock}

            """ + configuration)
        try Self.setClock()
        for path in ["/dev/gpiochip0", "/dev/i2c-0"] {
            try #require(chown(path, 0, Self.group) == 0)
            try #require(chmod(path, 0o660) == 0)
        }
        try #require(chown(folder.path, Self.user, Self.group) == 0)
    }

    /// As a time source does: else times would be told relative to the moment of sending.
    private static func setClock() throws {
        var clock = timex()
        clock.modes = UInt32(ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR)
        try #require(adjtimex(&clock) >= 0)
    }

    /// Starts the gateway and waits until it runs.
    ///
    /// - Parameter beforeAllOthers: Nothing else runs while it has something to do (SCHED_FIFO of
    ///   sched(7)). The kernel keeps sixteen edges of a line, and the lab has one processor.
    func start(beforeAllOthers: Bool = false) async throws -> TestProcess {
        let gateway = TestProcess(
            (beforeAllOthers ? ["chrt", "--fifo", "1"] : []) + [
                "setpriv", "--reuid", "\(Self.user)", "--regid", "\(Self.group)", "--clear-groups",
                "--no-new-privs", "--inh-caps=-all", try TestProcess.armadio, "run", "-c",
                folder.path("cabinet.yaml"),
            ])
        try await gateway.start()
        _ = try await gateway.line(containing: "gateway lab runs", on: .errors)
        return gateway
    }

    /// Runs a command of this project on the cabinet's configuration.
    func run(_ arguments: String...) async throws -> TestProcess.Outcome {
        try await TestProcess(armadio: arguments + ["-c", folder.path("cabinet.yaml")]).run()
    }
}
