import Buses
import Journal
import Logging
import Platform
import Telemetry
import Uplink

/// The whole gateway: lines, journal, uplink and control socket, started, reloaded and stopped.
public actor Cabinet {
    /// What the gateway takes from outside.
    public struct Environment: Sendable {
        /// Opens the buses.
        public var buses: any BusProvider
        /// The clocks.
        public var clock: any BootClock
        /// Where messages go.
        public var logger: Logger
        /// The program's version.
        public var version: String
        /// The last lines that the logger was given; nil if nobody keeps them.
        public var log: RecentLog?
        /// Judges how the gateway is, for `/health`; nil if nobody does.
        public var judge: Health.Judge?
        /// Who has started the gateway as a service; nil if it is none.
        public var manager: ServiceManager?

        /// Everything from outside.
        public init(
            buses: any BusProvider, clock: any BootClock, logger: Logger, version: String,
            log: RecentLog? = nil, judge: Health.Judge? = nil, manager: ServiceManager? = nil
        ) {
            self.buses = buses
            self.clock = clock
            self.logger = logger
            self.version = version
            self.log = log
            self.judge = judge
            self.manager = manager
        }
    }

    /// How long a stop waits for acknowledgements.
    public static let farewellLimit: Duration = .seconds(5)

    struct RunningLine {
        var plan: LinePlan
        var sampler: LineSampler
        var task: Task<Void, Never>
        var meters: [(name: String, meter: DeviceMeter)]
        var meter: LineMeter
    }

    let environment: Environment
    let points: PointTable
    let intake = Intake()
    let meter: ForwardingMeter
    /// By the uplinks' names.
    var linkMeters: [String: LinkMeter] = [:]
    let board: StatusBoard
    let live: LiveBoard
    private(set) var plan: CabinetPlan
    var lines: [RunningLine] = []
    /// Buses that somebody else uses for a while, by their address.
    var loans: [String: LineLoan] = [:]
    /// The journal's run of readings that are not urgent.
    private(set) var epoch = Epoch(journal: 0, number: 0)
    private(set) var forwarder: Forwarder?
    let liveness = Liveness()
    var watchdog: Watchdog?
    var serviceWatchdog: Watchdog?
    var serviceStatus: Task<Void, Never>?
    private(set) var control: ControlServer?
    var metrics: MetricsServer?
    /// What watches the power-fail line.
    var powerWatch: Task<Void, Never>?
    /// The lines that are not polled because the mains are gone; nil while they are there.
    var parked: [RunningLine]?
    private var uplinkWatch: Task<Void, Never>?
    private var ownTelemetry: Task<Void, Never>?
    private var memoryKeeper: Task<Void, Never>?
    private let source: ConfigurationSource?
    var keeper: ConfigurationKeeper?
    private let learned: LearnedFile
    private let counts = CountBox()

    /// The journal's thread: opening and recovering it may take a second of disk time.
    nonisolated let executor = ThreadExecutor(name: "journal")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// A gateway by this plan.
    ///
    /// - Parameters:
    ///   - points: The table that the plan's points are in.
    ///   - configuration: Where the plan comes from; nil if it stays as it is.
    public init(
        plan: CabinetPlan, points: PointTable, environment: Environment,
        configuration: ConfigurationSource? = nil
    ) {
        source = configuration
        self.plan = plan
        self.points = points
        self.environment = environment
        learned = LearnedFile(
            path: plan.journal.directory + ".learned", devices: plan.deviceNames,
            executor: executor,
            logger: environment.logger)
        meter = ForwardingMeter()
        board = StatusBoard(
            clock: environment.clock, forwarding: meter, version: environment.version)
        live = LiveBoard(
            board: board, latest: intake.latest, clock: environment.clock, log: environment.log)
    }

    /// Opens the journal and starts everything.
    ///
    /// - Throws: `JournalError` if the journal is another process's or a newer program's,
    ///   `ControlServer.Failure` if the control socket could not be opened.
    public func start() async throws {
        environment.manager?.begin()
        await startWatchdog()
        await startServiceWatchdog()
        do {
            try await watched("the start") { try await open() }
        } catch {
            await stopWatchdog()
            await stopServiceWatchdog()
            throw error
        }
        tellManager()
    }

    private func open() async throws {
        let clock = environment.clock
        let journal = try ReadingJournal(
            directory: plan.journal.directory, points: points, options: plan.journal.options,
            anchor: clock.anchor())
        counts.recall(journal.keptCounts)
        epoch = journal.epoch(of: .normal)
        board.show(gateway: plan.gateway, epoch: epoch)
        board.show(journalLimit: plan.journal.options.maximumBytes)
        let forwarder = Forwarder(
            journal: journal, lanes: makeLanes(plan.uplinks),
            parts: Forwarder.Parts(
                executor: executor, intake: intake, counts: counts, points: points, clock: clock,
                meter: meter, liveness: liveness, logger: environment.logger,
                perform: { [weak self] in
                    await self?.perform($0)
                        ?? CommandOutcome(.refused, reason: "the gateway is ending")
                }, configure: { [weak self] in await self?.configure(by: $0) }))
        showLinks()
        live.show(plan)
        try await startControl()
        await startMetrics()
        self.forwarder = forwarder
        keeper = source.map { makeKeeper($0) }
        await forwarder.start(roster: plan.roster)
        lines = plan.lines.map { startLine($0) }
        watchUplink()
        showDevices()
        tellOfItself()
        if let recovery = source?.recovery { await keeper?.tell(recovery) }
        board.isRunning = true
        await watchPower()
        memoryKeeper = Task(executorPreference: executor) { [executor] in
            await releaseIdleMemoryRegularly(on: executor)
        }
        environment.logger.notice(
            "gateway \(plan.gateway) runs: \(plan.summary)", metadata: about(.gatewayRuns))
    }

    /// Stops polling, sends what can be sent within `farewellLimit`, writes the rest to disk.
    public func stop() async {
        serviceStatus?.cancel()
        environment.manager?.end()
        await watched("the stop") { await close() }
        await stopWatchdog()
        await stopServiceWatchdog()
    }

    private func close() async {
        board.isRunning = false
        await stopWatchingPower()
        await keeper?.stop()
        uplinkWatch?.cancel()
        ownTelemetry?.cancel()
        memoryKeeper?.cancel()
        for loan in loans.values { loan.watch?.cancel() }
        await stopLines(lines)
        await leaveSafely(lines, without: [])
        lines = []
        await forwarder?.finish(within: Cabinet.farewellLimit)
        await control?.stop()
        await metrics?.stop()
        sayWhatIsLeft()
    }

    private func sayWhatIsLeft() {
        let journal = meter.snapshot.journal
        let (lost, waiting) = (journal.readingsInMemory, journal.readingsOnDisk)
        let (logger, fields) = (environment.logger, about(.gatewayStopped))
        if lost > 0 {
            logger.error(
                "stopped: \(lost) readings could not be written and are lost", metadata: fields)
        }
        if waiting > 0 {
            logger.notice(
                "stopped: \(waiting) readings wait in the journal for the next start",
                metadata: fields)
        }
        if lost == 0, waiting == 0 {
            logger.notice("stopped: all readings are acknowledged", metadata: fields)
        }
    }

    /// Goes over to another plan. What is the same in both keeps running.
    public func reload(to plan: CabinetPlan) async {
        let old = self.plan
        if plan.powerFail != old.powerFail { await stopWatchingPower() }
        let ended = lines.filter { !plan.lines.contains($0.plan) }
        lines.removeAll { !plan.lines.contains($0.plan) }
        self.plan = plan
        keepWhatNeedsARestart(from: old)
        // A bus is let go before it is opened anew.
        await stopLines(ended)
        await leaveSafely(ended, without: plan.deviceNames)
        // A bus may have been lent or returned meanwhile.
        let kept = lines
        let begun = plan.lines.filter { line in
            !kept.contains { $0.plan == line } && !isLent(line) && !isParked(line)
        }
        lines += begun.map { startLine($0) }
        watchUplink()
        if plan.watchdog != old.watchdog {
            await stopWatchdog()
            await startWatchdog()
        }
        if plan.metrics != old.metrics { await startMetrics() }
        if parked == nil { await replaceUplinks(of: old) }
        await watchPower()
        live.show(plan)
        showDevices()
        tellOfItself()
        board.show(configurationFailure: nil)
        environment.logger.notice(
            "configuration reloaded: \(plan.summary); unchanged: \(kept.count) of the buses")
    }

    /// Shows in `status` why a changed configuration could not be taken over.
    public func refuseReload(_ reason: String) {
        board.show(configurationFailure: reason)
        environment.logger.error("the configuration has problems; the one in use stays")
    }

    /// Journal, socket and name are the same for the life of the process: a reading's identity
    /// begins with the name.
    private func keepWhatNeedsARestart(from old: CabinetPlan) {
        if plan.journal != old.journal || plan.control != old.control
            || plan.gateway != old.gateway
        {
            environment.logger.warning(
                "changes to `gateway`, `journal` and `control` take effect at the next start")
        }
        plan.journal = old.journal
        plan.control = old.control
        plan.gateway = old.gateway
    }

    // MARK: Parts

    /// Watches the uplinks by what the plan says now.
    private func watchUplink() {
        uplinkWatch?.cancel()
        uplinkWatch = nil
        let limits = plan.safeAfter
        guard !limits.isEmpty else { return }
        uplinkWatch = Task(executorPreference: executor) { await self.watchUplinks(limits) }
    }

    /// Begins to send what the buses are like, if the plan wants that.
    private func tellOfItself() {
        ownTelemetry?.cancel()
        ownTelemetry = plan.ownTelemetry.map { interval in
            let telemetry = OwnTelemetry(
                board: board, points: points, intake: intake, clock: environment.clock)
            return Task(executorPreference: executor) {
                await telemetry.run(every: interval, on: self.executor)
            }
        }
    }

    private func startControl() async throws {
        let control = ControlServer(
            path: plan.control, logger: environment.logger,
            streams: { [live] in live.feed(for: $0) }, handler: answerer)
        try await control.start()
        self.control = control
    }

    /// Starts to poll a line's devices; with the meters that they had, if they had some.
    func startLine(
        _ line: LinePlan, meters old: [(name: String, meter: DeviceMeter)] = []
    ) -> RunningLine {
        let meters = line.devices.map { device in
            old.first { $0.name == device.name } ?? (name: device.name, meter: DeviceMeter())
        }
        let handle = line.open(environment.buses)
        let meter = LineMeter(now: environment.clock.now())
        let (learned, counts) = (learned, counts)
        let sampler = LineSampler(
            name: line.line.name, handle: handle, meter: meter,
            devices: zip(line.devices, meters).map { (spec: $0, meter: $1.meter) },
            intake: intake, clock: environment.clock,
            memory: { learned.memory(of: $0, counts: counts) },
            liveness: liveness, logger: environment.logger)
        let task = Task(executorPreference: handle.bus.taskExecutor) { await sampler.run() }
        return RunningLine(
            plan: line, sampler: sampler, task: task, meters: meters, meter: meter)
    }

    func stopLines(_ lines: [RunningLine]) async {
        for line in lines { line.task.cancel() }
        for line in lines { await line.task.value }
    }

    func showDevices() {
        let away = loans.values.flatMap(\.lines) + (parked ?? [])
        let meters = (lines + away).flatMap(\.meters)
        let order = plan.deviceNames
        board.show(
            devices: order.compactMap { name in meters.first { $0.name == name } })
        board.show(
            buses: plan.lines.compactMap { line in
                lines.first { $0.plan.line.name == line.line.name }.map {
                    BusMeters(
                        name: line.line.name, kind: line.line.kindName, line: $0.meter,
                        devices: $0.meters.map(\.meter))
                }
            })
    }
}
