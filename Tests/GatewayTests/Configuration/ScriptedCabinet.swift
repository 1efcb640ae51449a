import Buses
import Drivers
import Glibc
import Journal
import Logging
import Platform
import Settings
import Synchronization
import Telemetry
import TestSupport

@testable import Gateway

/// The gateway as a configuration's keeper sees it, with uplinks that a test switches.
final class ScriptedCabinet: Sendable {
    private struct State {
        var plans: [CabinetPlan] = []
        var uplinks: [String: ConfigurationKeeper.UplinkState] = [:]
        var told: [ConfigurationOutcome] = []
        /// What the uplinks are once another plan is gone over to; nil for no change.
        var afterReload: [String: ConfigurationKeeper.UplinkState]?
    }

    private let state = Mutex(State())
    let clock = ManualClock()
    let points = PointTable()
    let folder: TestFolder
    let disk = SwitchableDisk()

    /// A cabinet by this text, its only uplink up.
    init(_ text: String) throws {
        folder = try TestFolder()
        try folder.write("cabinet.yaml", text)
        setUplink(isUp: true)
    }

    var path: String { folder.path("cabinet.yaml") }
    var file: String { SettingsFile.text(path: path) ?? "" }
    /// The gateways' devices by the plans gone over to.
    var reloads: [[String]] { state.withLock { $0.plans.map(\.deviceNames) } }
    var told: [ConfigurationOutcome] { state.withLock { $0.told } }

    func setUplink(_ name: String = "uplink", isUp: Bool, failure: String? = nil) {
        state.withLock {
            $0.uplinks[name] = ConfigurationKeeper.UplinkState(isUp: isUp, failure: failure)
        }
    }

    /// The next plan cuts the uplink.
    func cutWithNextReload(_ failure: String) {
        state.withLock { $0.afterReload = ["uplink": .init(isUp: false, failure: failure)] }
    }

    /// The history beside its file.
    var store: ConfigurationStore {
        ConfigurationStore(
            path: path, files: DurableFiles(disk: disk, adopt: DurableFiles.adoptOwner))
    }

    /// A keeper of its file, as `armadio run` starts one.
    func keeper(by bytes: [UInt8]? = nil) throws -> ConfigurationKeeper {
        let text = bytes.map { SettingsFile(bytes: $0, name: path) } ?? SettingsFile(path: path)
        let clock = clock
        return ConfigurationKeeper(
            store: store, plan: try Self.check(text, points),
            text: text.bytes, points: points, executor: ThreadExecutor(name: "keeper"),
            host: ConfigurationKeeper.Host(
                check: Self.check,
                reload: { [self] in reload($0) },
                uplinks: { [self] in state.withLock { $0.uplinks } },
                tell: { [self] outcome in state.withLock { $0.told.append(outcome) } },
                clock: clock,
                sleep: { (deadline) throws(CancellationError) in
                    try await clock.sleep(until: deadline)
                }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    private func reload(_ plan: CabinetPlan) {
        state.withLock {
            $0.plans.append(plan)
            if let uplinks = $0.afterReload { $0.uplinks = uplinks }
            $0.afterReload = nil
        }
    }

    static let check: ConfigurationSource.Check = { (file, points) throws(SettingsProblems) in
        try CabinetPlan.load(file, points: points, profiles: ProfileLibrary())
    }

    /// Lets time pass once somebody waits for it.
    func wait(_ duration: Duration) async {
        while clock.nextDeadline == nil { await Task.yield() }
        clock.advance(by: duration)
    }

    /// Lets time pass until so much was told.
    func passTime(untilTold count: Int) async {
        while told.count < count {
            if let next = clock.nextDeadline { clock.advance(by: next - clock.now()) }
            await Task.yield()
        }
    }
}

/// The machine's disk, which takes nothing while a test says so.
final class SwitchableDisk: FileSystem, Sendable {
    private var disk: PosixFileSystem { PosixFileSystem() }
    private let failing = Mutex(false)

    var isFailing: Bool {
        get { failing.withLock { $0 } }
        set { failing.withLock { $0 = newValue } }
    }

    private func check(_ call: String, _ path: String) throws(FileError) {
        if isFailing { throw FileError(call, path, errno: EROFS) }
    }

    func createDirectory(_ path: String) throws(FileError) -> Bool {
        try disk.createDirectory(path)
    }
    func list(_ directory: String) throws(FileError) -> [String] { try disk.list(directory) }
    func open(_ path: String, create: Bool) throws(FileError) -> any JournalFile {
        if create { try check("open", path) }
        return try disk.open(path, create: create)
    }
    func remove(_ path: String) throws(FileError) { try disk.remove(path) }
    func rename(_ path: String, to other: String) throws(FileError) {
        try disk.rename(path, to: other)
    }
    func syncDirectory(_ path: String) throws(FileError) { try disk.syncDirectory(path) }
}
