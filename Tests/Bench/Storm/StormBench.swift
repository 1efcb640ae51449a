import Glibc
import Platform
import Telemetry
import Uplink

/// What many gateways do when their broker comes back: `Tests/Bench/storm` runs it and prints the
/// table.
///
///     storm-bench connect PORT GATEWAYS               real connections, until killed
///     storm-bench simulate GATEWAYS OUTAGE_SECONDS    their backoff alone, in simulated time
///
/// `connect` prints `up NANOSECONDS` and `down NANOSECONDS` (CLOCK_MONOTONIC) for each event,
/// `simulate` for each gateway how many nanoseconds behind the broker's return it is back.
@main
struct StormBench {
    static func main() async {
        let words = CommandLine.arguments
        switch words.count {
        case 4 where words[1] == "connect":
            guard let port = UInt16(words[2]), let count = Int(words[3]) else { break }
            return await connect(to: port, count)
        case 4 where words[1] == "simulate":
            guard let count = Int(words[2]), let outage = Int(words[3]) else { break }
            return simulate(count, outage: .seconds(outage))
        default: break
        }
        print("usage: storm-bench connect PORT GATEWAYS | simulate GATEWAYS OUTAGE_SECONDS")
        exit(64)
    }

    private static func connect(to port: UInt16, _ count: Int) async {
        await withTaskGroup { group in
            for index in 0..<count {
                let broker = BrokerSettings(
                    host: "127.0.0.1", port: port, clientID: "storm-\(index)")
                let connection = MQTTConnection(settings: broker, will: { _ in nil })
                group.addTask { await report(connection) }
            }
        }
    }

    private static func report(_ connection: MQTTConnection) async {
        let clock = SystemClock()
        await connection.start()
        for await event in connection.events {
            switch event {
            case .connected: print("up \(clock.now().nanoseconds)")
            case .disconnected: print("down \(clock.now().nanoseconds)")
            default: break
            }
            fflush(nil)
        }
    }

    /// As `MQTTConnection` waits: each failed try draws the next delay, the lost link the first.
    private static func simulate(_ count: Int, outage: Duration) {
        for _ in 0..<count {
            var backoff = Backoff(
                first: MQTTConnection.shortestBackoff, longest: MQTTConnection.longestBackoff)
            var time = Duration.zero
            repeat { time += backoff.next() } while time < outage
            print((time - outage).nanoseconds)
        }
    }
}
