import Gateway
import Logging

/// Writes log messages to the system's log, and keeps the last ones for the control socket.
struct LogMemory: LogHandler {
    private var system = SystemLog()
    private let recent: RecentLog

    init(_ recent: RecentLog) {
        self.recent = recent
    }

    var metadata: Logger.Metadata {
        get { system.metadata }
        set { system.metadata = newValue }
    }

    var logLevel: Logger.Level {
        get { system.logLevel }
        set { system.logLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { system[metadataKey: key] }
        set { system[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        system.log(event: event)
        recent.note(
            level: "\(event.level)", text: "\(event.message)", fields: system.fields(of: event))
    }
}
