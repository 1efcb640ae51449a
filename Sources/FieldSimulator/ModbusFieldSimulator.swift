import Glibc
import Platform
import Synchronization
import Telemetry

/// A field of Modbus TCP devices that do not exist, on libmodbus's server side: one thread, any
/// number of units, faults at the turn of a switch.
///
/// Unit ids that are not simulated answer with exception 11, GATEWAY TARGET DEVICE FAILED TO
/// RESPOND. Every table has 2,000 entries from address 0.
public final class ModbusFieldSimulator: Sendable {
    /// What is simulated, and where it listens.
    public struct Options: Hashable, Sendable {
        /// The address that clients connect to; this machine's own alone, unless changed.
        public var host = "127.0.0.1"
        /// The port; 0 takes a free one.
        public var port: UInt16 = 0
        /// The unit ids, within 1 to 247.
        public var units: ClosedRange<UInt8> = 1...1
        /// What the devices show.
        public var profile = FieldProfile.meter

        /// One meter on a free loopback port.
        public init() {}
    }

    /// How many clients are served at a time; one more is let go at once.
    public static let mostClients = 256

    /// The fault switches.
    public let faults: Faults

    private struct Running {
        var task: Task<Void, Never>
        /// The server stops when this end of its pair is closed.
        var stop: Int32
    }

    private let options: Options
    private let running = Mutex<Running?>(nil)

    /// A field that is not served yet.
    public init(_ options: Options, faults: Faults = Faults()) {
        self.options = options
        self.faults = faults
    }

    deinit {
        _ = end()
    }

    /// Begins to serve. Call it once.
    ///
    /// - Returns: The port.
    /// - Throws: `SystemError` if the address is taken, or not this machine's.
    public func start() async throws(SystemError) -> UInt16 {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError("socketpair") }
        let server = FieldServer(options, faults: faults, stop: ends[0])
        let stop = ends[1]
        let result = await withCheckedContinuation { continuation in
            let task = Task { await server.run { continuation.resume(returning: $0) } }
            running.withLock { $0 = Running(task: task, stop: stop) }
        }
        return try result.get()
    }

    /// Ends serving and closes all connections.
    public func stop() async {
        await end()?.value
    }

    private func end() -> Task<Void, Never>? {
        running.withLock { running in
            if let running { close(running.stop) }
            defer { running = nil }
            return running?.task
        }
    }
}
