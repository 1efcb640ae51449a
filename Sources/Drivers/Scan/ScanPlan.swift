import Buses
import Telemetry

/// What a scan asks, and in which order.
public struct ScanPlan: Sendable {
    /// The settings of the line that are tried, the likely ones first; one for a connection.
    public var endpoints: [ModbusEndpoint]
    /// The unit ids.
    public var units: [UInt8]
    /// How long an answer is waited for, until the first device shows how fast they are.
    public var timeout: Duration

    /// What is asked.
    public init(endpoints: [ModbusEndpoint], units: [UInt8], timeout: Duration) {
        (self.endpoints, self.units, self.timeout) = (endpoints, units, timeout)
    }

    /// Rates and frames that devices have when they are new, the common ones first.
    private static let usual: [(baud: Int, parity: SerialPort.Parity, stopBits: Int)] = [
        (9600, .none, 1), (19200, .even, 1), (9600, .even, 1), (19200, .none, 1),
        (38400, .none, 1), (115200, .none, 1),
    ]
    private static let allRates = [9600, 19200, 38400, 115200, 2400, 4800, 57600, 1200]
    private static let allFrames: [(parity: SerialPort.Parity, stopBits: Int)] = [
        (.none, 1), (.even, 1), (.odd, 1), (.none, 2),
    ]

    /// The settings to try on a serial port; those that are given are taken as given.
    ///
    /// - Parameters:
    ///   - port: Its path and direction.
    ///   - isFull: Whether to try every rate with every frame.
    public static func settings(
        of port: SerialPort, baud: Int?, parity: SerialPort.Parity?, stopBits: Int?, isFull: Bool
    ) -> [ModbusEndpoint] {
        let all = allRates.flatMap { rate in allFrames.map { (rate, $0.parity, $0.stopBits) } }
        var ports: [SerialPort] = []
        for (rate, frame, stop) in isFull ? all : usual {
            var tried = port
            (tried.baud, tried.parity) = (baud ?? rate, parity ?? frame)
            tried.stopBits = stopBits ?? stop
            if !ports.contains(tried) { ports.append(tried) }
        }
        return ports.map { .serial($0) }
    }

    /// The unit ids that devices have when they are new, or are given first.
    public static let quickUnits: [UInt8] = Array(1...10) + [100, 247, 255]
    /// Every unit id that a device can have on a serial line, and 255, which is usual on TCP.
    public static let allUnits: [UInt8] = Array(1...247) + [255]

    /// Unit ids and ranges of them, such as `1-10,100`: each once, in the order given; nil if they
    /// are none.
    public static func units(text: String) -> [UInt8]? {
        var ids: [UInt8] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                UInt8($0)
            }
            guard (1...2).contains(ends.count), let first = ends[0],
                let last = ends[ends.count - 1],
                first <= last
            else { return nil }
            ids += (first...last).filter { !ids.contains($0) }
        }
        return ids
    }
}
