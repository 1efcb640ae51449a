/// `armadio simulate modbus` in a process of its own, on a free port of 127.0.0.1.
public struct SimulatedField: Sendable {
    /// The process; ended at the latest when the test lets go of it.
    public let process: TestProcess
    /// The port.
    public let port: UInt16

    /// Starts it and waits until it serves.
    ///
    /// - Parameters:
    ///   - units: How many unit ids, from 1 on.
    ///   - profile: What the devices show, as `--profile` names it.
    ///   - faults: Fault switches as `--fault` takes them.
    ///   - port: The port; 0 takes a free one.
    /// - Throws: `SystemError` or `TestProcess.Failure`.
    public init(
        units: Int = 1, profile: String = "addresses", faults: [String] = [], port: UInt16 = 0
    ) async throws {
        process = try TestProcess(
            armadio: ["simulate", "modbus", "--port", "\(port)", "--units", "\(units)"]
                + ["--profile", profile] + faults.flatMap { ["--fault", $0] })
        try await process.start()
        let head = "listening on 127.0.0.1:"
        let line = try await process.line(containing: head)
        guard let port = UInt16(line.dropFirst(head.count).prefix(while: \.isNumber)) else {
            throw TestProcess.Failure(description: "there is no port in `\(line)`")
        }
        self.port = port
    }
}
