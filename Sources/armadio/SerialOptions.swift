import ArgumentParser
import Buses

/// How a serial port is set, for the commands that take one by its path.
struct SerialOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A serial port's rate.", valueName: "bits/s"))
    var baud: Int?
    @Option(help: "A serial port's parity: none, even or odd.")
    var parity: Parity?
    @Option(help: ArgumentHelp("A serial port's stop bits.", valueName: "1|2"))
    var stopBits: Int?

    enum Parity: String, ExpressibleByArgument, CaseIterable {
        case none, even, odd

        var value: SerialPort.Parity {
            switch self {
            case .none: .none
            case .even: .even
            case .odd: .odd
            }
        }
    }

    private static let rates = [
        1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600,
    ]

    func validate() throws {
        if let baud, !Self.rates.contains(baud) {
            throw ValidationError(
                "--baud is one of " + Self.rates.map(String.init).joined(separator: ", "))
        }
        if let stopBits, !(1...2).contains(stopBits) {
            throw ValidationError("--stop-bits is 1 or 2")
        }
    }

    /// A port with these settings; 9,600 baud without parity unless given.
    func port(_ path: String) -> SerialPort {
        SerialPort(
            path: path, baud: baud ?? 9600, parity: parity?.value ?? .none,
            stopBits: stopBits ?? 1)
    }
}
