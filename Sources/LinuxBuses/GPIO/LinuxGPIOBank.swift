import Buses
import CGPIOD
import CLinux
import Glibc
import Platform
import Telemetry

/// The GPIO lines of the kernel's character devices, through libgpiod.
///
/// Edges wake the bank's thread through one epoll descriptor, however many lines there are; what
/// has come is taken by whoever asked for the line.
public actor LinuxGPIOBank: GPIOBank {
    /// The bank's thread and its timers.
    public nonisolated let executor: ThreadExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    public nonisolated var taskExecutor: (any TaskExecutor)? { executor }
    public nonisolated var debounces: Bool { cgpiod_generation() > 1 }

    private let words: GPIOWords
    private let folder: String
    private var lines: [GPIOLine: ClaimedLine] = [:]
    private var reopenings: [GPIOLine: Reopening] = [:]
    private let epoll: Int32

    /// A bank of the chips in this folder, with no line claimed.
    public init(name: String, folder: String = "/dev") {
        executor = ThreadExecutor(name: name)
        words = GPIOWords(folder: folder)
        self.folder = folder
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    }

    deinit {
        Glibc.close(epoll)
    }

    public func sleep(until deadline: Instant) async throws(CancellationError) {
        try await executor.sleep(until: deadline)
    }

    public func rest(until deadline: Instant) async throws(CancellationError) {
        guard epoll >= 0 else { return try await executor.sleep(until: deadline) }
        _ = await executor.waitToRead(epoll, until: deadline)
        if Task.isCancelled { throw CancellationError() }
    }

    public func close() {
        lines = [:]
        reopenings = [:]
    }

    public func level(of line: GPIOLine) throws(BusError) -> Bool {
        try use(line) { claimed throws(SystemError) in try claimed.level() }
    }

    public func drive(_ line: GPIOLine, active isActive: Bool) throws(BusError) {
        try use(line) { claimed throws(SystemError) in try claimed.drive(isActive) }
    }

    public func edges(of line: GPIOLine) throws(BusError) -> EdgeReport {
        try use(line) { claimed throws(SystemError) in try claimed.edges() }
    }

    // MARK: Claiming

    /// Does something with a line. One that fails is given up, and claimed again later.
    private func use<Result>(
        _ line: GPIOLine, _ body: (ClaimedLine) throws(SystemError) -> Result
    ) throws(BusError) -> Result {
        let claimed = try claimed(line)
        do throws(SystemError) {
            return try body(claimed)
        } catch {
            lines[line] = nil
            throw refuse(line, words.failed(line, error))
        }
    }

    private func claimed(_ line: GPIOLine) throws(BusError) -> ClaimedLine {
        if let claimed = lines[line] { return claimed }
        try reopenings[line]?.check(at: executor.now)
        do throws(BusError) {
            let (chip, offset) = try find(line.address)
            let claimed = try claim(line, on: chip, offset)
            lines[line] = claimed
            reopenings[line] = nil
            return claimed
        } catch {
            throw refuse(line, error)
        }
    }

    private func refuse(_ line: GPIOLine, _ error: BusError) -> BusError {
        reopenings[line, default: Reopening()].refuse(error, at: executor.now)
    }

    private func claim(
        _ line: GPIOLine, on chip: GPIOChip, _ offset: UInt32
    ) throws(BusError) -> ClaimedLine {
        do throws(SystemError) {
            let claimed = try chip.claim(offset, line)
            try watch(claimed.descriptor)
            return claimed
        } catch {
            throw words.notClaimed(line, error, holder: holder(of: offset, on: chip))
        }
    }

    private func holder(of offset: UInt32, on chip: GPIOChip) -> String {
        do throws(SystemError) {
            return try chip.line(offset).consumer
        } catch {
            return ""
        }
    }

    /// A closed descriptor leaves the epoll set by itself.
    private func watch(_ descriptor: Int32) throws(SystemError) {
        guard descriptor >= 0 else { return }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw SystemError("epoll_ctl")
        }
    }

    // MARK: Finding

    private func find(_ address: GPIOLine.Address) throws(BusError) -> (GPIOChip, UInt32) {
        let chips = try chips()
        let found: [(chip: GPIOChip, offset: UInt32)]
        switch address {
        case .name(let name): found = try chips.lines(named: name, words)
        case .offset(let chip, let offset):
            found = chips.filter { $0.name == chip || $0.label == chip }.map { ($0, offset) }
            if let chip = found.first?.chip, offset >= chip.lineCount {
                throw words.noLine(address, of: chip.lineCount)
            }
        }
        guard let first = found.first else { throw words.notFound(address, chips: chips.count) }
        guard found.count == 1 else { throw words.ambiguous(address, found.map(\.chip.name)) }
        return first
    }

    private func chips() throws(BusError) -> [GPIOChip] {
        do throws(SystemError) {
            return try GPIOChip.all(in: folder)
        } catch {
            throw words.notOpened(error)
        }
    }
}

extension [GPIOChip] {
    /// The lines that the board calls so.
    fileprivate func lines(
        named name: String, _ words: GPIOWords
    ) throws(BusError) -> [(chip: GPIOChip, offset: UInt32)] {
        var found: [(chip: GPIOChip, offset: UInt32)] = []
        do throws(SystemError) {
            for chip in self {
                for offset in 0..<chip.lineCount where try chip.line(offset).name == name {
                    found.append((chip, offset))
                }
            }
        } catch {
            throw words.notOpened(error)
        }
        return found
    }
}
