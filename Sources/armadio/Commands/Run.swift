import ArgumentParser
import Console
import Gateway
import Glibc
import LinuxBuses
import Logging
import Platform
import Settings
import Technician
import Telemetry

/// `armadio run`: the gateway itself.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway in the foreground.",
        discussion: """
            SIGTERM and SIGINT end it: it stops polling, sends what can be sent within 5 s, \
            writes the rest to the journal and exits with 0. SIGHUP reloads the configuration; \
            what has not changed keeps running.

            Example: armadio run -c cabinet.yaml
            """)

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        let socket = try serviceSocket()
        let signals = try SignalStream.of([SIGTERM, SIGINT, SIGHUP])
        signal(SIGPIPE, SIG_IGN)
        let points = PointTable()
        var store = ConfigurationStore(path: file.path)
        let recovery = store.recover()
        let text =
            recovery?.text.map { SettingsFile(bytes: $0, name: file.path) }
            ?? SettingsFile(path: file.path)
        let plan = try file.load(text, points)
        let recent = RecentLog(clock: SystemClock())
        let sinks = GatewayLog.Sinks(recent: recent)
        let logger = Logger(label: "armadio") { _ in GatewayLog(sinks) }
        let manager = socket.map {
            ServiceManager(socket: $0, clock: SystemClock(), logger: logger)
        }
        let environment = Cabinet.Environment(
            buses: LinuxBusProvider(), clock: SystemClock(), logger: logger,
            version: Armadio.version, log: recent, judge: { JudgedStatus($0).health },
            manager: manager)
        if let damage = store.damage {
            logger.warning("what configurations there were is not known any more: \(damage)")
        }
        let cabinet = Cabinet(
            plan: plan, points: points, environment: environment,
            configuration: ConfigurationSource(
                path: file.path, text: text.bytes, recovery: recovery, check: file.check))
        do {
            try await cabinet.start()
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        for await signal in signals {
            guard signal == SIGHUP else { break }
            manager?.reload()
            await reload(cabinet)
            manager?.ready()
        }
        logger.notice("stopping")
        await cabinet.stop()
        sinks.finish()
    }

    private func reload(_ cabinet: Cabinet) async {
        let problems = await cabinet.reloadConfiguration()
        guard !problems.isEmpty else { return }
        file.complain(problems)
        await cabinet.refuseReload("\(file.path) has problems; `armadio check` lists them")
    }

    /// Who has started this as a service. Without its socket the manager would give up on a
    /// gateway that works, so that this ends at once and says why.
    private func serviceSocket() throws -> ServiceSocket? {
        do throws(SystemError) {
            return try ServiceSocket.takeFromEnvironment()
        } catch {
            complain("the service manager cannot be told (NOTIFY_SOCKET): \(error)")
            throw Exit.failed
        }
    }
}
