import ArgumentParser
import Telemetry

/// A time span as the configuration writes it: `500ms`, `10s`, `1h`.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        do throws(TextScalarError) {
            duration = try Duration(text: argument)
        } catch {
            return nil
        }
    }

    var defaultValueDescription: String {
        let seconds = duration.seconds
        return seconds >= 3600 ? "\(Int(seconds / 3600))h" : "\(Int(seconds))s"
    }
}
