import Buses
import Glibc
import Platform
import Telemetry
import TestSupport

@testable import LinuxBuses

/// A real program as a bus, and what the machine has of it.
struct ProgramScene {
    let process: LinuxLineProcess

    /// How long a test waits for what has to come.
    static let patience = Duration.seconds(20)

    /// A shell that runs `script`, started again after `delays`.
    init(
        shell script: String, limits: ProgramLimits = ProgramLimits(),
        delays: ClosedRange<Duration> = .milliseconds(1)...(.milliseconds(2))
    ) {
        self.init(command: ["/bin/sh", "-c", script], limits: limits, delays: delays)
    }

    /// A Python program.
    init(python script: String, limits: ProgramLimits = ProgramLimits()) {
        self.init(command: ["/usr/bin/python3", "-c", script], limits: limits)
    }

    init(
        command: [String], limits: ProgramLimits = ProgramLimits(),
        delays: ClosedRange<Duration> = .milliseconds(1)...(.milliseconds(2))
    ) {
        let line = ProgramLine(
            device: "test", command: command, environment: ["PATH=/usr/bin:/bin", "KEY=a b"],
            limits: limits)
        process = LinuxLineProcess(line: line, delays: delays)
    }

    /// Starts it as soon as it may be, and sends a line.
    func start(sending line: String? = nil) async throws {
        let deadline = process.executor.now + Self.patience
        while true {
            do throws(BusError) {
                _ = try await process.start()
                break
            } catch {
                guard error.message.contains("next try"), process.executor.now < deadline else {
                    throw error
                }
                try await process.sleep(until: process.executor.now + .milliseconds(1))
            }
        }
        if let line { try await process.send(Array(line.utf8), until: deadline) }
    }

    /// The next lines, at least so many.
    func lines(_ count: Int = 1) async throws -> [String] {
        let deadline = process.executor.now + Self.patience
        var lines: [String] = []
        while lines.count < count, process.executor.now < deadline {
            lines += try await process.take().lines.map { String(decoding: $0, as: UTF8.self) }
            if lines.count < count { try await process.rest(until: deadline) }
        }
        return lines
    }

    /// Takes all that comes until the run is over. Returns why it is, and what was said to the log.
    func end() async throws -> (reason: BusError, remarks: [String]) {
        let deadline = process.executor.now + Self.patience
        var remarks: [String] = []
        while process.executor.now < deadline {
            do throws(BusError) {
                remarks += try await process.take().remarks
            } catch {
                return (error, remarks)
            }
            try await process.rest(until: deadline)
        }
        throw BusError(.timeout, "the run is not over")
    }

    /// Whether a process is there, and what state it is in (proc_pid_stat(5)); nil if it is gone.
    static func state(of pid: Int32) -> Character? {
        do throws(SystemError) {
            let text = try readSmallFile("/proc/\(pid)/stat", limit: 4096)
            return text.split(separator: ")").last?.dropFirst().first
        } catch {
            return nil
        }
    }

    /// Whether a process ends before long: it is gone, or its parent is to bury it.
    func isGone(_ pid: Int32) async throws -> Bool {
        let deadline = process.executor.now + Self.patience
        while process.executor.now < deadline {
            guard let state = Self.state(of: pid), state != "Z" else { return true }
            try await process.sleep(until: process.executor.now + .milliseconds(5))
        }
        return false
    }

    /// How many pipes and handles of processes this process has: what programs need. No other suite
    /// here has any.
    static var descriptors: Int {
        (0..<Int32(1024)).count { descriptor in
            var path = [CChar](repeating: 0, count: 64)
            let count = readlink("/proc/self/fd/\(descriptor)", &path, path.count)
            let text = String(
                decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) },
                as: UTF8.self)
            return descriptor > 2 && (text.hasPrefix("pipe:") || text.contains("pidfd"))
        }
    }
}
