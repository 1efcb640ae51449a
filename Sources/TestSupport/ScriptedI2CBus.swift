import Buses
import Platform
import Telemetry

/// The twin of the real I2C bus without any bus: chips in memory, each with what it answers, and a
/// record of what was asked.
public actor ScriptedI2CBus: I2CBus {
    /// A chip: a register file with a pointer, as most chips are, or what its script says.
    public struct Chip: Sendable {
        /// Bytes by register number. Registers of 16 bits are two bytes at one number.
        public var registers: [UInt8: [UInt8]]
        /// Answers to a read behind exactly these written bytes; goes before the registers.
        public var answers: [[UInt8]: [UInt8]] = [:]
        /// Registers that show what is written to others, as the pins of outputs do.
        public var echoes: [UInt8: UInt8] = [:]

        /// A chip with these registers.
        public init(_ registers: [UInt8: [UInt8]] = [:]) {
            self.registers = registers
        }
    }

    /// The bus's thread.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// The chips by address. An address without one does not acknowledge.
    public var chips: [UInt8: Chip]
    /// What was asked, in order.
    public private(set) var transactions: [I2CTransaction] = []

    private var failures: [BusError] = []
    private var lateFailure: (at: Int, failure: BusError)?
    private var lastWritten: [UInt8: [UInt8]] = [:]

    /// A bus with these chips.
    public init(_ chips: [UInt8: Chip] = [:]) {
        self.chips = chips
        executor = ThreadExecutor(name: "scripted-i2c")
    }

    /// Lets the next transactions fail, one each.
    public func fail(_ failures: BusError...) {
        self.failures += failures
    }

    /// Lets one transaction fail behind so many that go through.
    public func failAfter(_ count: Int, _ failure: BusError) {
        lateFailure = (transactions.count + count, failure)
    }

    /// Puts a chip in, changes it, or takes it out with nil.
    public func put(_ chip: Chip?, at address: UInt8) {
        chips[address] = chip
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func close() {}

    public func transfer(_ transaction: I2CTransaction) throws(BusError) -> [UInt8] {
        if let flaw = transaction.flaw { throw BusError(.invalidRequest, flaw) }
        transactions.append(transaction)
        if !failures.isEmpty { throw failures.removeFirst() }
        if let late = lateFailure, transactions.count > late.at {
            lateFailure = nil
            throw late.failure
        }
        guard var chip = chips[transaction.address] else {
            throw BusError(.timeout, "device \(transaction.address) does not acknowledge")
        }
        // What a read without a write asks for was said by the write before it.
        let command =
            transaction.written.isEmpty
            ? lastWritten[transaction.address] ?? [] : transaction.written
        lastWritten[transaction.address] = command
        if transaction.readCount == 0, command.count > 1 {
            chip.registers[command[0]] = Array(command.dropFirst())
            if let echo = chip.echoes[command[0]] {
                chip.registers[echo] = Array(command.dropFirst())
            }
            chips[transaction.address] = chip
        }
        return answer(chip, command, transaction.readCount)
    }

    private func answer(_ chip: Chip, _ command: [UInt8], _ count: Int) -> [UInt8] {
        if let scripted = chip.answers[command] { return padded(scripted, to: count) }
        guard let first = command.first else { return padded([], to: count) }
        var bytes: [UInt8] = []
        var register = first
        while bytes.count < count, let value = chip.registers[register] {
            bytes += value
            register &+= 1
        }
        return padded(bytes, to: count)
    }

    /// Where a chip has nothing, the line stays high.
    private func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        Array(bytes.prefix(count)) + Array(repeating: 0xFF, count: max(0, count - bytes.count))
    }
}
