import Buses
import CGPIOD
import Glibc
import Platform

/// A GPIO chip, open: its lines can be looked at and claimed. Every call may block.
final class GPIOChip {
    /// What a line is and who has it.
    struct Line {
        var name: String
        var consumer: String
        var isUsed: Bool
        var isOutput: Bool
        var isActiveLow: Bool
    }

    /// The kernel's name, such as `gpiochip0`; it may be another after the next start.
    let name: String
    /// What the chip is, such as `pinctrl-bcm2711`.
    let label: String
    /// How many lines it has.
    let lineCount: UInt32
    private let chip: OpaquePointer

    /// Opens the chip of this path.
    init(_ path: String) throws(SystemError) {
        var opened: OpaquePointer?
        let failure = cgpiod_open(path, &opened)
        guard failure == 0, let opened else { throw SystemError("open", path, errno: -failure) }
        chip = opened
        var info = cgpiod_chip_info()
        let noInfo = cgpiod_info(opened, &info)
        guard noInfo == 0 else {
            cgpiod_close(opened)
            throw SystemError("info", path, errno: -noInfo)
        }
        name = String(fixed: info.name)
        label = String(fixed: info.label)
        lineCount = info.line_count
    }

    deinit {
        cgpiod_close(chip)
    }

    func line(_ offset: UInt32) throws(SystemError) -> Line {
        var info = cgpiod_line_info()
        let failure = cgpiod_inspect(chip, offset, &info)
        guard failure == 0 else { throw SystemError("line", name, errno: -failure) }
        return Line(
            name: String(fixed: info.name), consumer: String(fixed: info.consumer),
            isUsed: info.is_used != 0, isOutput: info.is_output != 0,
            isActiveLow: info.is_active_low != 0)
    }

    func claim(_ offset: UInt32, _ line: GPIOLine) throws(SystemError) -> ClaimedLine {
        var settings = line.settings
        var claimed: OpaquePointer?
        let failure = cgpiod_claim(chip, offset, &settings, "armadio", &claimed)
        guard failure == 0, let claimed else { throw SystemError("claim", name, errno: -failure) }
        return ClaimedLine(claimed)
    }

    /// All chips there are, in order of their numbers.
    static func all(in folder: String = "/dev") throws(SystemError) -> [GPIOChip] {
        var chips: [GPIOChip] = []
        for path in try paths(in: folder) { chips.append(try GPIOChip(path)) }
        return chips
    }

    private static func paths(in folder: String) throws(SystemError) -> [String] {
        let numbers = try names(in: folder, limit: SystemFolder.mostEntries).compactMap { name in
            name.hasPrefix("gpiochip") ? Int(name.dropFirst(8)) : nil
        }
        return numbers.sorted().map { "\(folder)/gpiochip\($0)" }
    }
}

/// A line that nobody else can take.
final class ClaimedLine {
    private let line: OpaquePointer
    /// The sequence number of the last edge; nil while none has come, or where there are none.
    private var lastSequence: UInt32?

    fileprivate init(_ line: OpaquePointer) {
        self.line = line
    }

    deinit {
        cgpiod_release(line)
    }

    /// Readable when there are edges; negative for an output.
    var descriptor: Int32 { cgpiod_descriptor(line) }

    func level() throws(SystemError) -> Bool {
        let level = cgpiod_get(line)
        guard level >= 0 else { throw SystemError("get", errno: -level) }
        return level > 0
    }

    func drive(_ isActive: Bool) throws(SystemError) {
        let failure = cgpiod_set(line, isActive ? 1 : 0)
        guard failure == 0 else { throw SystemError("set", errno: -failure) }
    }

    /// The edges that are there.
    func edges() throws(SystemError) -> EdgeReport {
        var buffer = [cgpiod_edge](repeating: cgpiod_edge(), count: EdgeReport.limit)
        let count = cgpiod_read(line, &buffer, UInt32(buffer.count))
        guard count >= 0 else { throw SystemError("read", errno: -count) }
        let edges = buffer[..<Int(count)]
        return EdgeReport(
            edges.map { Edge(isActive: $0.is_active != 0, at: .init(nanoseconds: $0.nanoseconds)) },
            loss: loss(edges))
    }

    /// Generation 2 numbers the edges of a line. Generation 1 drops what its queue of 16 does not
    /// hold without a word: a queue that was full may have had more.
    private func loss(_ edges: ArraySlice<cgpiod_edge>) -> EdgeReport.Loss {
        guard cgpiod_generation() > 1 else {
            return edges.count >= cgpiod_queue_1 ? .possible : .none
        }
        guard let last = edges.last?.sequence else { return .none }
        let missing = last &- (lastSequence ?? 0) &- UInt32(edges.count)
        lastSequence = last
        // Numbers that run backwards are nobody's: the count would be nonsense.
        if missing > UInt32.max / 2 { return .possible }
        return missing == 0 ? .none : .exactly(UInt64(missing))
    }
}

extension GPIOLine {
    fileprivate var settings: cgpiod_settings {
        var settings = cgpiod_settings()
        settings.is_active_low = isActiveLow ? 1 : 0
        settings.bias =
            switch bias {
            case .asIs: Int32(cgpiod_bias_as_is)
            case .none: Int32(cgpiod_bias_none)
            case .pullUp: Int32(cgpiod_bias_pull_up)
            case .pullDown: Int32(cgpiod_bias_pull_down)
            }
        switch direction {
        case .input(let edges, let debounce):
            settings.edges = Int32(edges == .both ? cgpiod_edges_both : cgpiod_edges_rising)
            settings.debounce_microseconds = UInt32(clamping: debounce.nanoseconds / 1000)
        case .output(let drive, let initial):
            settings.is_output = 1
            settings.initial = initial.map { $0 ? 1 : 0 } ?? -1
            settings.drive = drive.code
        }
        return settings
    }
}

extension GPIOLine.Drive {
    fileprivate var code: Int32 {
        switch self {
        case .pushPull: Int32(cgpiod_drive_push_pull)
        case .openDrain: Int32(cgpiod_drive_open_drain)
        case .openSource: Int32(cgpiod_drive_open_source)
        }
    }
}

extension String {
    /// The text of a C array of characters that ends with zero.
    fileprivate init<Characters>(fixed characters: Characters) {
        self = withUnsafeBytes(of: characters) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
