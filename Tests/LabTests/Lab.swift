import FoundationEssentials
import TestSupport
import Testing

/// The kernel lab: real GPIO and I2C of a Linux kernel that runs as a process. `Tests/Lab/test` runs
/// these tests inside of it; anywhere else they fail.
@Suite(.serialized) enum LabTests {}

/// What tests do to the simulated hardware, with programs that are not this project's.
struct Lab {
    /// Why there is no lab here.
    struct Missing: Error, CustomStringConvertible {
        let description = "these tests need the kernel lab: run Tests/Lab/test"
    }

    /// The adapter of the simulated chips.
    static let adapter = "/dev/i2c-0"

    private let stub: String
    private let chips: String

    /// - Throws: `Missing` outside of the lab.
    init() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let stub = environment["LAB_STUB"], let chips = environment["LAB_I2C"] else {
            throw Missing()
        }
        self.stub = stub
        self.chips = chips
    }

    /// Sets a register of 16 bits of a simulated chip, highest byte first on the wire. The program
    /// has it the other way round.
    func set(_ register: UInt8, of address: UInt8, to word: UInt16) async throws {
        try await expect(
            "i2cset", "-y", "0", "\(address)", "\(register)", "\(word.byteSwapped)", "w")
    }

    /// Sets a register of 8 bits.
    func set(_ register: UInt8, of address: UInt8, toByte byte: UInt8) async throws {
        try await expect("i2cset", "-y", "0", "\(address)", "\(register)", "\(byte)", "b")
    }

    /// A register of 16 bits as another program reads it.
    func word(_ register: UInt8, of address: UInt8) async throws -> UInt16 {
        let output = try await expect("i2cget", "-y", "0", "\(address)", "\(register)", "w")
        let digits = output.drop { $0 != "x" }.dropFirst().prefix(4)
        return try #require(UInt16(digits, radix: 16)).byteSwapped
    }

    /// Pulls the adapter out, as a loose plug does.
    func unplug() async throws {
        try await expect("rmmod", "i2c_stub")
    }

    /// Puts it in again. The chips have forgotten everything.
    ///
    /// - Parameter addresses: Where its chips are, at most ten; where they were unless given.
    func plug(_ addresses: [UInt8]? = nil) async throws {
        let chips = addresses.map { $0.map { "\($0)" }.joined(separator: ",") } ?? chips
        try await expect("insmod", stub, "chip_addr=\(chips)")
    }

    /// Lets a driver of the kernel have a chip, or takes it away from it.
    func bind(_ driver: String?, to address: UInt8) async throws {
        let device = driver.map { "\($0) 0x\(String(address, radix: 16))" }
        let folder = "/sys/bus/i2c/devices/i2c-0"
        if let device {
            try write(device, to: folder + "/new_device")
        } else {
            try write("0x\(String(address, radix: 16))", to: folder + "/delete_device")
        }
    }

    /// Pulls a simulated GPIO line up or down.
    func pull(_ line: String, up isUp: Bool) throws {
        try write(isUp ? "pull-up" : "pull-down", to: "/run/lab/\(line)/pull")
    }

    /// The voltage at a simulated line's pin.
    func isHigh(_ line: String) throws -> Bool {
        try String(contentsOfFile: "/run/lab/\(line)/value", encoding: .utf8).hasPrefix("1")
    }

    /// Makes all lines inputs, as after the start: outputs stay outputs when nobody has them.
    func forgetDirections() async throws {
        try await expect("gpioget", "gpiochip0", "0", "1", "2", "3", "4")
    }

    /// Awaits that a program has taken a line.
    func hasTaken(_ program: String) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try await !expect("gpioinfo").contains("\"\(program)\"") {
            try #require(ContinuousClock.now < deadline)
        }
    }

    /// Awaits what a program does to the hardware.
    func event(_ hasCome: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !hasCome() {
            try #require(ContinuousClock.now < deadline)
            await Task.yield()
        }
    }

    /// Writes to a file of sysfs.
    func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    @discardableResult
    private func expect(_ command: String...) async throws -> String {
        let outcome = try await TestProcess(command).run()
        #expect(outcome.code == 0, "\(command): \(outcome.errors)")
        return outcome.output
    }
}
