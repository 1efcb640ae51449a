import Boards
import Buses
import Drivers
import Gateway
import Telemetry

/// What the wizard finds out about the machine, handed in by whoever knows the real buses.
public struct SetupEnvironment: Sendable {
    /// Something to look for devices at: a serial port or an I2C adapter.
    public struct Place: Sendable, Hashable {
        /// Its path, by a name that lasts if there is one.
        public var path: String
        /// What it is, in words.
        public var title: String
        /// Its name as a bus.
        public var name: String

        /// A place.
        public init(path: String, title: String, name: String) {
            (self.path, self.title, self.name) = (path, title, name)
        }
    }

    /// The machine's name.
    public var hostName: String
    /// Opens buses.
    public var buses: any BusProvider
    /// The clock that scans are timed by.
    public var clock: any BootClock
    /// The boards and profiles there are.
    public var boards: BoardLibrary
    public var profiles: ProfileLibrary
    /// The board that this machine is, by its name; nil if it is not known.
    public var detectedBoard: String?
    /// The serial ports.
    public var serialPorts: @Sendable () -> [Place]
    /// The I2C adapters.
    public var adapters: @Sendable () -> [Place]
    /// Looks for chips on an adapter.
    public var scanChips: @Sendable (Place) async -> I2CScanned
    /// The GPIO lines that nobody uses, with the board's names.
    public var freeLines: @Sendable (Board?) -> [GPIOProposal.Line]

    /// A machine without buses; what it has is set afterwards.
    public init(hostName: String, buses: any BusProvider, clock: any BootClock) {
        (self.hostName, self.buses, self.clock) = (hostName, buses, clock)
        (boards, profiles) = (BoardLibrary(), ProfileLibrary())
        serialPorts = { [] }
        adapters = { [] }
        scanChips = { I2CScanned(bus: $0.name, path: $0.path) }
        freeLines = { _ in [] }
    }
}
