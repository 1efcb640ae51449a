import Telemetry

/// Metrics and health over HTTP.
extension Cabinet {
    /// Serves them where the plan says, and nowhere else.
    func startMetrics() async {
        await metrics?.stop()
        metrics = nil
        guard !plan.metrics.isEmpty else { return }
        let server = MetricsServer(
            plan.metrics, logger: environment.logger, handler: metricsHandler)
        metrics = server
        await server.start()
    }

    /// Answers on the server's thread, from what any thread may read.
    private var metricsHandler: MetricsServer.Handler {
        let (clock, judge, folder) = (environment.clock, environment.judge, plan.journal.directory)
        return { [board, control] path in
            let report = board.report
            switch path {
            case "/metrics":
                let page = MetricsPage(
                    report: report, health: judge?(report), now: clock.anchor().wall,
                    process: .now, card: CardLife(ofDiskWith: folder),
                    controlClients: control?.clientCount.load(ordering: .relaxed) ?? 0)
                return HTTPResponse(page: page.text, type: MetricsText.type)
            case "/health":
                return judge.map { judge in
                    let health = judge(report)
                    return HTTPResponse(
                        health == .failing ? .serviceUnavailable : .ok, health.rawValue)
                }
            case "/ready":
                return board.isRunning
                    ? HTTPResponse(.ok, "ready") : HTTPResponse(.serviceUnavailable, "not ready")
            default: return nil
            }
        }
    }
}
