import Buses
import CLinux
import Glibc
import Platform
import Telemetry

/// The twin of the real GPIO bank without any chip: lines that a test moves.
public actor ScriptedGPIOBank: GPIOBank {
    /// The bank's thread.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }
    public nonisolated let debounces: Bool

    /// Whether pins are high, by line name; a line without one is not there.
    private var pins: [String: Bool]
    private var reports: [String: [EdgeReport]] = [:]
    private var failures: [String: BusError] = [:]
    /// Outputs that something else holds.
    private var stuck: Set<String> = []
    /// Readable while there are reports.
    private let bell: Int32
    /// What was driven, in order.
    public private(set) var driven: [Bool] = []
    /// How lines were asked for.
    public private(set) var claims: Set<GPIOLine> = []

    /// A bank with these lines, high or low.
    public init(_ pins: [String: Bool], debounces: Bool = false) {
        self.pins = pins
        self.debounces = debounces
        executor = ThreadExecutor(name: "scripted-gpio")
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit {
        Glibc.close(bell)
    }

    // MARK: What a test does

    /// Lets edges come; the pin is then as the last says.
    public func move(_ name: String, _ edges: [Edge], loss: EdgeReport.Loss = .none) {
        reports[name, default: []].append(EdgeReport(edges, loss: loss))
        if let last = edges.last { pins[name] = last.isActive }
        eventfd_write(bell, 1)
    }

    /// Changes a pin without an edge.
    public func set(_ name: String, to isHigh: Bool) {
        pins[name] = isHigh
    }

    /// Changes a pin as another does: its edge comes if somebody has claimed the line.
    func pull(_ name: String, up isUp: Bool) {
        guard pins[name] != isUp else { return }
        guard claims.contains(where: { "\($0.address)" == name }) else { return pins[name] = isUp }
        move(name, [Edge(isActive: isUp, at: executor.now)])
    }

    /// Whether a pin is high.
    public func isHigh(_ name: String) -> Bool { pins[name] ?? false }

    /// Lets a line fail until it is mended with nil.
    public func fail(_ name: String, _ failure: BusError?) {
        failures[name] = failure
    }

    /// Lets an output keep its level whatever is driven.
    public func hold(_ name: String) {
        stuck.insert(name)
    }

    // MARK: The bank

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func rest(until deadline: Instant) async throws(CancellationError) {
        _ = await executor.waitToRead(bell, until: deadline)
        var count: eventfd_t = 0
        eventfd_read(bell, &count)
        if Task.isCancelled { throw CancellationError() }
    }

    public func close() {
        claims = []
        reports = [:]
    }

    public func level(of line: GPIOLine) throws(BusError) -> Bool {
        try claim(line) != line.isActiveLow
    }

    public func drive(_ line: GPIOLine, active isActive: Bool) throws(BusError) {
        _ = try claim(line)
        let name = "\(line.address)"
        driven.append(isActive)
        if !stuck.contains(name) { pins[name] = isActive != line.isActiveLow }
    }

    public func edges(of line: GPIOLine) throws(BusError) -> EdgeReport {
        _ = try claim(line)
        let name = "\(line.address)"
        while reports[name]?.isEmpty == false, var report = reports[name]?.removeFirst() {
            for index in report.edges.indices where line.isActiveLow {
                report.edges[index].isActive.toggle()
            }
            if case .input(.rising, _) = line.direction { report.edges.removeAll { !$0.isActive } }
            if !report.edges.isEmpty { return report }
        }
        return EdgeReport()
    }

    /// Takes a line if that is still to be done. Answers whether its pin is high.
    private func claim(_ line: GPIOLine) throws(BusError) -> Bool {
        let name = "\(line.address)"
        if let failure = failures[name] { throw failure }
        guard let isHigh = pins[name] else {
            throw BusError(.disconnected, "there is no GPIO line \(name)")
        }
        guard claims.insert(line).inserted, case .output(_, let initial?) = line.direction else {
            return isHigh
        }
        pins[name] = initial != line.isActiveLow
        return initial != line.isActiveLow
    }
}

/// The scripted bank as a field for `GPIOConformance`.
public struct ScriptedGPIOField: GPIOField {
    private let scripted = ScriptedGPIOBank(["door": false, "relay": false])

    /// A field with the lines that the checks need.
    public init() {}

    public var bank: any GPIOBank { scripted }

    public func pull(_ line: String, up isUp: Bool) async {
        await scripted.pull(line, up: isUp)
    }

    public func isHigh(_ line: String) async -> Bool { await scripted.isHigh(line) }
}
