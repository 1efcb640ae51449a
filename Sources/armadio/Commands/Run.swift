import ArgumentParser
import Gateway
import Glibc
import LinuxBuses
import Logging
import Platform
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
        shareOneHeap()
        let signals = try SignalStream.of([SIGTERM, SIGINT, SIGHUP])
        signal(SIGPIPE, SIG_IGN)
        let points = PointTable()
        let plan = try file.load(points)
        let logger = Logger(label: "armadio") { _ in SystemLog() }
        let environment = Cabinet.Environment(
            buses: LinuxBusProvider(), clock: SystemClock(), logger: logger,
            version: Armadio.version)
        let cabinet = Cabinet(plan: plan, points: points, environment: environment)
        do {
            try await cabinet.start()
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        releaseStartupCode()
        for await signal in signals {
            guard signal == SIGHUP else { break }
            await reload(cabinet, points)
        }
        logger.notice("stopping")
        await cabinet.stop()
    }

    /// A configuration with problems changes nothing: the gateway goes on with the one it has.
    private func reload(_ cabinet: Cabinet, _ points: PointTable) async {
        do {
            await cabinet.reload(to: try file.load(points))
        } catch {
            await cabinet.refuseReload("\(file.path) has problems; `armadio check` lists them")
        }
    }
}
