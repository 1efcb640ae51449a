import Buses
import Platform
import Telemetry

/// The twin of the kernel's chips without any kernel: chips in memory, each with its files.
public actor ScriptedSensorFiles: SensorFiles {
    /// What a file has.
    public enum Content: Sendable {
        /// A text.
        case text(String)
        /// The chip has no value at present.
        case noValue
        /// It cannot be read.
        case failure(BusError)
    }

    /// The thread.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private var sensors: [(chip: SensorChip, contents: [String: Content])] = []
    /// What was read, in order.
    public private(set) var reads: [String] = []

    /// No chips yet.
    public init() {
        executor = ThreadExecutor(name: "scripted-sensors")
    }

    /// Puts a chip in, with its files.
    public func put(
        _ sensorClass: SensorClass, _ name: String, at place: String? = nil,
        _ contents: [String: Content]
    ) {
        let chip = SensorChip(
            sensorClass, name: name, place: place, files: Set(contents.keys).union(["name"]))
        sensors.append((chip, contents))
    }

    /// Changes a file of the chips of this name.
    public func set(_ file: String, of name: String, to content: Content) {
        for index in sensors.indices where sensors[index].chip.name == name {
            sensors[index].contents[file] = content
        }
    }

    /// Takes the chips of this name out.
    public func remove(_ name: String) {
        sensors.removeAll { $0.chip.name == name }
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func close() {}

    public func chips() -> [SensorChip] { sensors.map(\.chip) }

    public func files(of chip: SensorAddress) throws(BusError) -> Set<String> {
        try find(chip).chip.files
    }

    public func text(of file: String, of chip: SensorAddress) throws(BusError) -> String? {
        reads.append(file)
        switch try find(chip).contents[file] {
        case .text(let text): return text
        case .noValue: return nil
        case .failure(let error): throw error
        case nil: throw BusError(.disconnected, "\(file) is not there any more")
        }
    }

    private func find(
        _ address: SensorAddress
    ) throws(BusError) -> (chip: SensorChip, contents: [String: Content]) {
        let found = sensors.filter { $0.chip.fits(address) }
        guard found.count == 1 else {
            throw BusError(.disconnected, "there are \(found.count) chips \(address.name)")
        }
        return found[0]
    }
}
