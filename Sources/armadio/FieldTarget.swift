import ArgumentParser
import Buses
import Console
import Gateway
import Settings
import Synchronization
import Technician
import Telemetry

/// Where a command is to look for devices: a bus of the configuration, or an address.
struct FieldTarget {
    /// What is opened.
    var line: ModbusLine

    /// How long an answer is waited for unless the configuration says otherwise.
    private static let responseTimeout = Duration.milliseconds(500)

    /// A line that is known.
    init(line: ModbusLine) {
        self.line = line
    }

    /// Understands a bus's name, a serial port's path or `host[:port]`.
    ///
    /// The configuration is looked at only for a bus's name, so an address works without one.
    init(_ text: String, file: ConfigurationOption, serial: SerialOptions) throws {
        if file.hasBus(text) {
            let plan = try file.load(PointTable())
            guard let line = plan.buses.first(where: { $0.name == text }) else {
                throw ValidationError("there is no bus `\(text)`")
            }
            self.line = line
            return
        }
        let port = text.hasPrefix("/") ? ModbusEndpoint.serial(serial.port(text)) : nil
        guard let endpoint = port ?? ModbusEndpoint.tcp(text: text) else {
            throw ValidationError(
                "`\(text)` is neither a bus of \(file.path) nor an address; write a bus's name, "
                    + "a port such as /dev/ttyUSB0, or host:port, such as 192.168.1.20:502")
        }
        line = ModbusLine(name: text, endpoint: endpoint, responseTimeout: Self.responseTimeout)
    }
}

extension FieldTarget {
    /// Does something with the line while no gateway does: a running one is asked for it, and gets
    /// it back. If it takes the line back earlier, `body` is cancelled.
    func withTheLine<Outcome: Sendable>(
        _ file: ConfigurationOption, _ body: @escaping @Sendable () async throws -> Outcome
    ) async throws -> Outcome {
        let work = LatePromise()
        let bus: BorrowedBus?
        do throws(ControlClient.Failure) {
            bus = try await BorrowedBus(
                line.endpoint.address, socket: file.quietControlSocket()
            ) { reason in
                complain("the gateway has taken its bus back: \(reason)")
                work.cancel()
            }
        } catch {
            complain("\(error)")
            throw Exit.failed
        }
        if let bus {
            complain("the gateway does not poll \(bus.names.joined(separator: ", ")) meanwhile")
        }
        let task = Task { try await body() }
        work.begin { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        do throws(ControlClient.Failure) {
            try await bus?.giveBack()
        } catch {
            complain("the gateway takes its bus back by itself: \(error)")
        }
        return try result.get()
    }
}

/// Something that can be cancelled before it has begun.
private final class LatePromise: Sendable {
    private let state = Mutex<(isCancelled: Bool, end: (@Sendable () -> Void)?)>((false, nil))

    func begin(_ end: @escaping @Sendable () -> Void) {
        let isCancelled = state.withLock { state in
            state.end = end
            return state.isCancelled
        }
        if isCancelled { end() }
    }

    func cancel() {
        let end = state.withLock { state in
            state.isCancelled = true
            return state.end
        }
        end?()
    }
}

extension ConfigurationOption {
    /// Where the control socket is. Without a configuration it is the usual one.
    func quietControlSocket() -> String {
        SettingsFile(path: path).controlSocket
    }

    /// Whether the file has a bus of this name, whatever else is wrong with it.
    func hasBus(_ name: String) -> Bool {
        SettingsFile(path: path).root?["buses"]?[name] != nil
    }
}
