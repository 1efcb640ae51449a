import Buses
import CLinux
import Glibc
import Platform
import Telemetry

/// An I2C adapter of the kernel, through i2c-dev (Linux kernel, Documentation/i2c/dev-interface.rst).
///
/// i2c-dev blocks, so each bus has a thread of its own. What the adapter can do decides how a
/// transaction is sent: as plain I2C where it can (I2C_FUNC_I2C), else as the SMBus command of the
/// same bytes. A device that is absent costs one address byte; one that holds the clock costs
/// `timeout`. A device that a driver of the kernel has is refused: reading behind its back would
/// disturb it.
///
/// The adapter is open for one transaction at a time: while a program holds it, its driver can be
/// neither unloaded nor, on USB, unplugged. That costs about 2 % of a transaction at 100 kHz.
public actor LinuxI2CBus: I2CBus {
    /// How often the adapter tries again when another master wins the bus.
    private static let retries: UInt32 = 1

    /// The bus's thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }

    private let line: I2CLine
    let words: I2CWords

    /// A bus that is opened with each transaction.
    public init(line: I2CLine) {
        self.line = line
        executor = ThreadExecutor(name: line.name)
        words = I2CWords(line: line)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func close() {}

    public func transfer(_ transaction: I2CTransaction) throws(BusError) -> [UInt8] {
        if let flaw = transaction.flaw { throw words.invalid(flaw) }
        let adapter = try open()
        do throws(SystemError) {
            return try adapter.perform(transaction)
        } catch {
            throw words.failed(error, transaction)
        }
    }

    func open() throws(BusError) -> I2CAdapter {
        do throws(SystemError) {
            return try I2CAdapter(line.path, timeout: line.timeout, retries: Self.retries)
        } catch {
            throw words.notOpened(error)
        }
    }
}
