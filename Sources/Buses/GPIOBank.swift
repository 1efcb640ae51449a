import Telemetry

/// The machine's GPIO lines.
///
/// A line is claimed at its first use and kept until `close`, so that nobody else can take it; one
/// that is lost is claimed again after a growing delay. Levels are logical: `true` is active,
/// whatever the voltage. Source: Linux kernel, include/uapi/linux/gpio.h.
public protocol GPIOBank: Bus {
    /// Whether the kernel debounces lines (since uAPI version 2 of the GPIO character device). If it
    /// does not, `GPIOLine.debounce` is without effect and whoever reads the edges has to.
    nonisolated var debounces: Bool { get }

    /// Whether the line is active now; for an output, what it is driven to.
    func level(of line: GPIOLine) async throws(BusError) -> Bool

    /// Drives an output.
    func drive(_ line: GPIOLine, active isActive: Bool) async throws(BusError)

    /// Takes the edges of an input that have come since the last call, at most `EdgeReport.limit`.
    func edges(of line: GPIOLine) async throws(BusError) -> EdgeReport
}

/// A GPIO line and how it is to be used.
public struct GPIOLine: Hashable, Sendable {
    /// How a line is found.
    public enum Address: Hashable, Sendable {
        /// By the name that the board's description gives it.
        case name(String)
        /// By the chip's name or label (`gpiochip0`, `pinctrl-bcm2711`) and the line's number there.
        case offset(chip: String, UInt32)
    }

    /// What the line is connected to inside of the chip while nobody else drives it.
    public enum Bias: String, Hashable, Sendable, Decodable, CaseIterable {
        /// As the board has it.
        case asIs = "as-is"
        case none, pullUp = "pull-up", pullDown = "pull-down"
    }

    /// How an output drives its line.
    public enum Drive: String, Hashable, Sendable, Decodable, CaseIterable {
        case pushPull = "push-pull", openDrain = "open-drain", openSource = "open-source"
    }

    /// Which edges of an input are wanted.
    public enum Edges: Hashable, Sendable {
        /// Those from inactive to active.
        case rising
        case both
    }

    /// What the line is for.
    public enum Direction: Hashable, Sendable {
        /// An input with its edges; `debounce` is how long a level has to hold, zero for not at all.
        case input(Edges, debounce: Duration)
        /// An output that is driven to `initial` when it is claimed; as it is if that is nil.
        case output(Drive, initial: Bool?)
    }

    /// Where it is.
    public var address: Address
    /// What it is for.
    public var direction: Direction
    /// Whether a low voltage is active.
    public var isActiveLow: Bool
    /// What pulls it.
    public var bias: Bias

    /// A line.
    public init(
        _ address: Address, _ direction: Direction, isActiveLow: Bool = false, bias: Bias = .asIs
    ) {
        self.address = address
        self.direction = direction
        self.isActiveLow = isActiveLow
        self.bias = bias
    }
}

extension GPIOLine.Address: CustomStringConvertible {
    /// The address of `NAME` or `CHIP:OFFSET`; nil if the text is neither.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= 64 else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, !parts[0].isEmpty, let offset = UInt32(parts[1]) {
            self = .offset(chip: String(parts[0]), offset)
        } else {
            self = .name(text)
        }
    }

    public var description: String {
        switch self {
        case .name(let name): name
        case .offset(let chip, let offset): "\(chip):\(offset)"
        }
    }
}

/// A change of a line's level.
public struct Edge: Hashable, Sendable {
    /// Whether it is active from now on.
    public var isActive: Bool
    /// When it changed, by the kernel's stamp on the boot clock.
    public var instant: Instant

    /// A change.
    public init(isActive: Bool, at instant: Instant) {
        self.isActive = isActive
        self.instant = instant
    }
}

/// What has come of a line.
public struct EdgeReport: Hashable, Sendable {
    /// The most edges of one report; there may be more behind them.
    public static let limit = 64

    /// What is known of edges that the kernel had no room for.
    public enum Loss: Hashable, Sendable {
        case none
        /// So many are missing, by their sequence numbers.
        case exactly(UInt64)
        /// The queue was full: some may be missing.
        case possible
    }

    /// The edges in order.
    public var edges: [Edge]
    /// What is missing before or among them.
    public var loss: Loss

    /// A report.
    public init(_ edges: [Edge] = [], loss: Loss = .none) {
        self.edges = edges
        self.loss = loss
    }
}
