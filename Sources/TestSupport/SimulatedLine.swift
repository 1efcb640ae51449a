/// `armadio simulate modbus --rtu` in a process of its own.
public struct SimulatedLine: Sendable {
    /// The process; ended at the latest when the test lets go of it.
    public let process: TestProcess
    /// What to open instead of a serial port.
    public let path: String

    /// Starts it and waits until it serves.
    ///
    /// - Parameters:
    ///   - units: How many unit ids, from 1 on.
    ///   - profile: What the devices show, as `--profile` names it.
    ///   - faults: Fault switches as `--fault` takes them.
    ///   - more: More of its arguments.
    /// - Throws: `SystemError` or `TestProcess.Failure`.
    public init(
        units: Int = 1, profile: String = "addresses", faults: [String] = [], _ more: String...
    ) async throws {
        process = try TestProcess(
            armadio: ["simulate", "modbus", "--rtu", "--units", "\(units)", "--profile", profile]
                + faults.flatMap { ["--fault", $0] } + more)
        try await process.start()
        let head = "serving "
        let line = try await process.line(containing: head)
        path = String(line.dropFirst(head.count).prefix { $0 != " " && $0 != "," })
    }
}
