import Telemetry

/// A program that is spoken to in lines over its standard streams: the bus of one device whose
/// driver it is.
///
/// It is started at its first use and kept running until `close`. A run that fails is ended, and
/// the program started again after a growing delay. Whatever a program does, it costs no more than
/// the bounds here and its limits.
public protocol LineProcess: Bus {
    /// Starts the program unless it runs.
    ///
    /// - Returns: The number of the run: another one with each start.
    /// - Throws: `BusError` if it cannot be started, and while the delay after a failed run is not
    ///   over. That has the code of what ended the run.
    func start() async throws(BusError) -> UInt64

    /// Writes a line, to which the end of the line is added.
    ///
    /// - Throws: `BusError` with `.timeout` if the program does not read until `deadline`.
    func send(_ line: [UInt8], until deadline: Instant) async throws(BusError)

    /// Takes what the program has written, and waits for nothing; `rest(until:)` does.
    ///
    /// - Throws: `BusError` when the run is over: by itself, once what it wrote before has been taken,
    ///   or at once since it broke a bound of `ProgramOutput`.
    func take() async throws(BusError) -> ProgramOutput

    /// How much processor time the run has used; nil if nothing runs.
    func processorTime() async -> Duration?

    /// Ends the run. The program is started again after a delay.
    ///
    /// - Returns: `reason`, with the delay said; what `start` throws until it is over.
    func end(because reason: BusError) async -> BusError
}

/// What a program has written.
public struct ProgramOutput: Hashable, Sendable {
    /// The longest line, in bytes without its end. A longer one ends the run.
    public static let longestLine = 65536
    /// The most whole lines that wait to be taken. More end the run.
    public static let mostLines = 1000
    /// The most bytes that wait to be taken, and that come in a second. More end the run.
    public static let mostBytes = 1 << 20
    /// The most bytes of standard error that come in a second. More end the run.
    public static let mostRemarkBytes = 1 << 18
    /// The most lines of standard error that wait to be taken; more are counted.
    public static let mostRemarks = 32
    /// What is kept of a line of standard error, in bytes.
    public static let longestRemark = 200

    /// Whole lines of standard output, without their ends; not necessarily text.
    public var lines: [[UInt8]] = []
    /// Lines of standard error, printable.
    public var remarks: [String] = []
    /// How many more of them there were.
    public var droppedRemarks = 0

    /// Nothing was written.
    public init() {}
}

/// A program as configured.
public struct ProgramLine: Hashable, Sendable {
    /// Its name; also its thread's.
    public var name: String
    /// The program's absolute path and its arguments. No shell sees them.
    public var command: [String]
    /// The whole environment, as `NAME=VALUE`.
    public var environment: [String]
    /// What the kernel holds it to.
    public var limits: ProgramLimits

    /// The program that is a device's driver; the line is called after the device.
    public init(
        device: String, command: [String] = [], environment: [String] = [],
        limits: ProgramLimits = ProgramLimits()
    ) {
        (name, self.command) = ("exec-" + device, command)
        (self.environment, self.limits) = (environment, limits)
    }
}

/// What the kernel holds a program and each of its children to (getrlimit(2)). There is no limit of
/// how many processes it has: RLIMIT_NPROC counts all of the user's, the gateway's threads among
/// them. Its processes are ended together as one process group.
public struct ProgramLimits: Hashable, Sendable {
    /// The address space (RLIMIT_AS), which is more than the memory in use: a Python program has
    /// about 30 MiB, and 8 MiB more for each thread. 16 MiB to 64 GiB.
    public var memory = ByteSize.mebibytes(256)
    /// The descriptors at a time (RLIMIT_NOFILE), 8 to 65,536.
    public var files = 64
    /// The largest file that it may write (RLIMIT_FSIZE), up to 1 TiB.
    public var fileSize = ByteSize.mebibytes(16)

    /// How much nicer than the gateway it is (nice(2)): what polls the field goes first.
    public static let niceness = 10

    /// The defaults.
    public init() {}
}
