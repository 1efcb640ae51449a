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
    private let isTerminal: Bool
    private let seconds: Int?
    private let outage: Range<Int>?
    private let clock = SystemClock()
    private var isOver = false
    private var savedTerminal: termios?

    private nonisolated let executor = ThreadExecutor(name: "demo")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(scene: DemoScene, isTerminal: Bool, seconds: Int?, outage: Range<Int>?) throws {
        self.scene = scene
        self.isTerminal = isTerminal
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
        if isTerminal { enterScreen() }
        defer { if isTerminal { leaveScreen() } }
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
            if isTerminal { try obeyKeys() }
            receiver.receive()
        }
    }

    private func followPlan(_ second: Int) throws {
        if second == outage?.lowerBound { try toggleBroker(to: false) }
        if second == outage?.upperBound { try toggleBroker(to: true) }
    }

    private func obeyKeys() throws {
        var key: UInt8 = 0
        while read(STDIN_FILENO, &key, 1) == 1 {
            if key == UInt8(ascii: "q") { isOver = true }
            if key == UInt8(ascii: "b") { try toggleBroker(to: !scene.isBrokerRunning) }
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
        guard isTerminal else {
            return say("\(second) s: " + summary(view) + "; " + describe(status))
        }
        var lines = ["Armadio: 3 simulated meters -> gateway -> MQTT broker -> platform", ""]
        lines.append("broker    " + (scene.isBrokerRunning ? "running" : "STOPPED"))
        lines.append("gateway   " + describe(status))
        lines.append("platform  " + summary(view))
        lines.append("")
        lines += columns(view.values.map { "\($0.name): \($0.text)" })
        lines += ["", "b: \(scene.isBrokerRunning ? "stop" : "start") the broker   q: end"]
        say("\u{1B}[H\u{1B}[J" + lines.joined(separator: "\r\n"))
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

    // MARK: Terminal

    private func enterScreen() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
        savedTerminal = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        // A read returns at once with what is there (termios(3), VMIN and VTIME both 0).
        withUnsafeMutableBytes(of: &settings.c_cc) {
            $0[Int(VMIN)] = 0
            $0[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        say("\u{1B}[?1049h\u{1B}[?25l")
    }

    private func leaveScreen() {
        say("\u{1B}[?25h\u{1B}[?1049l")
        if var savedTerminal { tcsetattr(STDIN_FILENO, TCSANOW, &savedTerminal) }
    }
}
