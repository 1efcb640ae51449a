import Console
import Gateway
import Glibc
import Platform
import Telemetry

/// Runs the demo: looks once a second at what the platform has and how the gateway is, shows
/// both, and obeys the keys.
actor DemoShow {
    private var scene: DemoScene
    private var receiver: DemoReceiver
    private let seconds: Int?
    private let outage: Range<Int>?
    private let clock = SystemClock()
    private var isOver = false
    private let screen: TerminalScreen?

    private nonisolated let executor = ThreadExecutor(name: "demo")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(scene: DemoScene, isTerminal: Bool, seconds: Int?, outage: Range<Int>?) throws {
        self.scene = scene
        screen = isTerminal ? TerminalScreen() : nil
        self.seconds = seconds
        self.outage = outage
        receiver = try DemoReceiver(fifo: scene.received)
    }

    /// Ends the show at its next tick.
    func end() {
        isOver = true
    }

    /// Runs until the end, then takes everything down.
    ///
    /// - Throws: Why it had to end early.
    func run() async throws {
        defer { scene.end() }
        try scene.start()
        try await watch()
        say("The platform has " + summary(receiver.snapshot) + ".")
    }

    private func watch() async throws {
        screen?.enter()
        defer { screen?.leave() }
        var second = 0
        while !isOver, second < seconds ?? .max {
            try await waitForASecond()
            if let broken = scene.brokenPart { throw DemoScene.Failure(description: broken) }
            try followPlan(second)
            show(second)
            second += 1
        }
    }

    /// A second in tenths, so that a key is obeyed at once.
    private func waitForASecond() async throws {
        let start = clock.now()
        for tenth in 1...10 where !isOver {
            try await executor.sleep(until: start + .milliseconds(100 * tenth))
            try obeyKeys()
            receiver.receive()
        }
    }

    private func followPlan(_ second: Int) throws {
        if second == outage?.lowerBound { try toggleBroker(to: false) }
        if second == outage?.upperBound { try toggleBroker(to: true) }
    }

    private func obeyKeys() throws {
        for key in screen?.keys() ?? [] {
            switch key {
            case .character("q"), .control("c"): isOver = true
            case .character("b"): try toggleBroker(to: !scene.isBrokerRunning)
            default: break
            }
        }
    }

    private func toggleBroker(to isRunning: Bool) throws {
        guard isRunning != scene.isBrokerRunning else { return }
        if isRunning { try scene.startBroker() } else { scene.stopBroker() }
    }

    // MARK: Showing

    private func show(_ second: Int) {
        let view = receiver.snapshot
        let status = askGateway()
        guard let screen else {
            return say("\(second) s: " + summary(view) + "; " + describe(status))
        }
        var lines = ["Armadio: 3 simulated meters -> gateway -> MQTT broker -> platform", ""]
        lines.append("broker    " + (scene.isBrokerRunning ? "running" : "STOPPED"))
        lines.append("gateway   " + describe(status))
        lines.append("platform  " + summary(view))
        lines.append("")
        lines += columns(view.values.map { "\($0.name): \($0.text)" })
        lines += ["", "b: \(scene.isBrokerRunning ? "stop" : "start") the broker   q: end"]
        screen.draw(lines.map { StyledLine($0) })
    }

    private func summary(_ view: DemoReceiver.View) -> String {
        "\(view.readings) readings in \(view.messages) messages, \(view.missing) missing, "
            + "\(view.repeated) repeated"
    }

    private func askGateway() -> StatusReport? {
        do throws(ControlClient.Failure) {
            return try ControlClient.status(socket: scene.socket)
        } catch {
            return nil
        }
    }

    private func describe(_ status: StatusReport?) -> String {
        guard let status else { return "starting" }
        let (link, journal) = (status.uplinks.first, status.journal)
        let nextTry = link?.nextTrySeconds.map { ", next try in \(timeSpan($0))" } ?? ""
        return
            "link \(link?.isUp == true ? "up" : "down\(nextTry)"); \(journal.readings) readings; "
            + "journal: \(journal.inMemory) in memory, \(journal.onDisk) on disk"
    }

    /// Two columns, as wide as half a common terminal.
    private func columns(_ cells: [String]) -> [String] {
        let rows = (cells.count + 1) / 2
        return (0..<rows).map { row in
            let left = cells[row]
            let right = row + rows < cells.count ? cells[row + rows] : ""
            return left + String(repeating: " ", count: max(1, 39 - left.count)) + right
        }
    }
}
