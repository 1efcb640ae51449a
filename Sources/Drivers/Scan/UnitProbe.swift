import Buses
import Telemetry

/// Asks whether there is a device under a unit id: one register, a short wait.
struct UnitProbe {
    /// What a unit answered to the request for its first register.
    enum Answer: Hashable, Sendable {
        /// The register.
        case register(UInt16)
        /// Refused, which a device must be there for too.
        case exception(UInt8)
    }

    /// What came of asking one unit.
    enum Outcome {
        /// A device is there.
        case present(Answer, latency: Duration)
        /// None, as far as can be told.
        case absent
        /// Something came that was no answer: a wrong rate or parity, or two devices at once.
        case noise
        /// Nothing can be asked here.
        case unreachable(BusError)
    }

    /// No answer is waited for less long than this: twice what slow meters take.
    static let leastTimeout = Duration.milliseconds(200)
    /// The others may be so much slower than the slowest device so far.
    private static let headroom = 4

    private(set) var bus: any ModbusBus
    private let open: @Sendable () -> any ModbusBus
    private let clock: any BootClock
    private(set) var timeout: Duration
    private let longestTimeout: Duration
    private var slowest = Duration.zero

    init(
        timeout: Duration, clock: any BootClock, open: @escaping @Sendable () -> any ModbusBus
    ) {
        (self.timeout, longestTimeout, self.clock, self.open) = (timeout, timeout, clock, open)
        bus = open()
    }

    /// Asks for holding register 0.
    mutating func ask(_ unit: UInt8) async -> Outcome {
        guard let outcome = await tryOnce(unit) else {
            // The server may have hung up because of what it was asked before.
            return await tryOnce(unit) ?? .absent
        }
        return outcome
    }

    /// nil if the connection was closed instead of an answer.
    private mutating func tryOnce(_ unit: UInt8) async -> Outcome? {
        let start = clock.now()
        do throws(BusError) {
            let words = try await bus.registers(
                .readHoldingRegisters(address: 0, count: 1), unit: unit, responseTimeout: timeout)
            return present(.register(words.first ?? 0), since: start)
        } catch {
            return await judge(error, since: start)
        }
    }

    private mutating func judge(_ error: BusError, since start: Instant) async -> Outcome? {
        switch error.code {
        // A gateway says so of the line behind it (Application Protocol, section 7).
        case .exception(10), .exception(11): return .absent
        case .exception(let code): return present(.exception(code), since: start)
        case .timeout: return .absent
        case .corrupt, .checksum: return .noise
        case .disconnected where error.isClosedByPeer:
            // Some servers hang up on units they do not have. A new bus has no delay to wait out.
            await bus.close()
            bus = open()
            return nil
        case .disconnected, .invalidRequest, .system: return .unreachable(error)
        }
    }

    /// Devices on one line are about as fast: what is not there costs less from now on.
    private mutating func present(_ answer: Answer, since start: Instant) -> Outcome {
        let latency = clock.now() - start
        slowest = max(slowest, latency)
        timeout = min(longestTimeout, max(Self.leastTimeout, slowest * Self.headroom))
        return .present(answer, latency: latency)
    }
}

extension BusError {
    /// Whether a connection was there and was closed by the other side.
    fileprivate var isClosedByPeer: Bool {
        // ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN of errno(3).
        [104, 32, 103, 107].contains(errno)
    }
}
