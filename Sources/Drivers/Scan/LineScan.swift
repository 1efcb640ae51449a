import Buses
import Telemetry

/// How far a scan is.
public struct ScanProgress: Sendable {
    /// Requests made, and to be made.
    public var asked: Int
    public var all: Int
    /// The unit id asked last, and how the line is set.
    public var unit: UInt8
    public var endpoint: ModbusEndpoint
    /// Devices found.
    public var found: Int
    /// How long the rest takes at this pace.
    public var left: Duration
}

/// What a scan has brought.
public struct ScanResult: Sendable {
    /// The devices, in the order they were found in.
    public var devices: [ScannedDevice] = []
    /// How many unit ids were asked, over all settings.
    public var asked = 0
    /// Settings under which something came that was no answer.
    public var noisy: [ModbusEndpoint] = []
    /// Why nothing could be asked.
    public var failure: BusError?
    /// Whether it was ended early.
    public var wasEnded = false
}

/// Looks for devices, unit id by unit id, under one setting of the line after the other.
public struct LineScan: Sendable {
    /// What is told while it goes on.
    public enum Event: Sendable {
        case progress(ScanProgress)
        case found(ScannedDevice)
    }

    /// When so many units look alike, it is tried whether they are one device that does not look at
    /// unit ids, by asking for ids that hardly anybody gives.
    private static let alike = 8
    private static let unlikelyUnits: [UInt8] = [231, 198, 173]

    private let plan: ScanPlan
    private let open: @Sendable (ModbusEndpoint) -> any ModbusBus
    private let profiles: [any ProfileRecognizer]
    private let clock: any BootClock

    /// A scan by this plan.
    ///
    /// - Parameter open: Opens a bus; called anew for each setting and for lost connections.
    public init(
        plan: ScanPlan, profiles: [any ProfileRecognizer], clock: any BootClock,
        open: @escaping @Sendable (ModbusEndpoint) -> any ModbusBus
    ) {
        (self.plan, self.profiles, self.clock, self.open) = (plan, profiles, clock, open)
    }

    /// Scans until all is asked or the task is cancelled; what has been found by then is returned.
    public func run(tell: (Event) -> Void) async -> ScanResult {
        var result = ScanResult()
        let start = clock.now()
        for endpoint in plan.endpoints {
            await scan(endpoint, since: start, &result, tell)
            // Devices on one line have the same settings, or could not be on it.
            if !result.devices.isEmpty || result.failure != nil || result.wasEnded { break }
        }
        return result
    }

    private func scan(
        _ endpoint: ModbusEndpoint, since start: Instant, _ result: inout ScanResult,
        _ tell: (Event) -> Void
    ) async {
        let open = open
        var probe = UnitProbe(timeout: plan.timeout, clock: clock) { open(endpoint) }
        /// What every unit id gives that is no device's own.
        var everybody: ScannedDevice?
        for unit in plan.units {
            result.wasEnded = Task.isCancelled
            if result.wasEnded { break }
            switch await probe.ask(unit) {
            case .absent: break
            case .noise: if result.noisy.last != endpoint { result.noisy.append(endpoint) }
            case .unreachable(let error): result.failure = error
            case .present(let answer, let latency):
                let device = await identified(
                    ScannedDevice(
                        unit: unit, endpoint: endpoint, latency: latency, answer: answer),
                    probe)
                if let everybody, device.isLike(everybody) { break }
                result.devices.append(device)
                tell(.found(device))
                let alike = result.devices.filter { $0.isLike(device) }
                if alike.count == Self.alike, await isEverybody(device, &probe) {
                    everybody = device
                    merge(like: device, in: &result.devices)
                }
            }
            if result.failure != nil { break }
            result.asked += 1
            tell(.progress(progress(result, unit, endpoint, since: start)))
        }
        await probe.bus.close()
    }

    private func identified(_ device: ScannedDevice, _ probe: UnitProbe) async -> ScannedDevice {
        var device = device
        await device.identify(on: probe.bus, timeout: probe.timeout, profiles: profiles)
        return device
    }

    /// Whether unit ids that nobody gives answer just like this device.
    private func isEverybody(_ device: ScannedDevice, _ probe: inout UnitProbe) async -> Bool {
        for unit in Self.unlikelyUnits {
            guard case .present(let answer, let latency) = await probe.ask(unit) else {
                return false
            }
            let other = ScannedDevice(
                unit: unit, endpoint: device.endpoint, latency: latency, answer: answer)
            guard await identified(other, probe).isLike(device) else { return false }
        }
        return true
    }

    private func merge(like device: ScannedDevice, in devices: inout [ScannedDevice]) {
        guard let first = devices.firstIndex(where: { $0.isLike(device) }) else { return }
        let others = devices[(first + 1)...].filter { !$0.isLike(device) }
        devices.replaceSubrange((first + 1)..., with: others)
        devices[first].answersEveryUnit = true
    }

    private func progress(
        _ result: ScanResult, _ unit: UInt8, _ endpoint: ModbusEndpoint, since start: Instant
    ) -> ScanProgress {
        let passed = clock.now() - start
        // Once a device has answered, the other settings are not tried any more.
        let all =
            result.devices.isEmpty
            ? plan.units.count * plan.endpoints.count
            : (result.asked - 1) / plan.units.count * plan.units.count + plan.units.count
        return ScanProgress(
            asked: result.asked, all: all, unit: unit, endpoint: endpoint,
            found: result.devices.count, left: passed / result.asked * (all - result.asked))
    }
}
