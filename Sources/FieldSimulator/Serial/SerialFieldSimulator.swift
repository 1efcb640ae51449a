import CModbus
import Glibc
import Platform
import Telemetry

/// A field of devices on a serial line, with the profiles and faults of `ModbusFieldSimulator`. Unit
/// ids that are not simulated do not answer, as on a line.
public final class SerialFieldSimulator: Sendable {
    /// The node to open instead of a serial port's.
    public var path: String { emulator.path }
    /// What was seen of the line so far.
    public var counts: SerialCounts { emulator.counts }
    /// The fault switches.
    public let faults: Faults

    private let emulator: SerialEmulator

    /// A field, at work at once.
    ///
    /// - Parameters:
    ///   - units: The unit ids, within 1 to 247.
    ///   - profile: What the devices show.
    ///   - pace: The line's times.
    ///   - faults: What devices do wrong.
    /// - Throws: `SystemError` if there is no pseudo-terminal left.
    public init(
        units: ClosedRange<UInt8>, profile: FieldProfile, pace: SerialEmulator.Pace,
        faults: Faults = Faults()
    ) throws(SystemError) {
        self.faults = faults
        emulator = try SerialEmulator(pace) {
            let devices = SerialDevices(units: units, profile: profile, faults: faults)
            return { devices?.answers(to: $0) ?? [] }
        }
    }
}

/// The devices of a line, answering by libmodbus as those of a network do: it is given each request
/// as one of Modbus TCP, and its answer is put into a frame of RTU.
private final class SerialDevices {
    private var units: [UInt8: FieldUnit] = [:]
    private let faults: Faults
    private let context: OpaquePointer
    /// What libmodbus sends to, and where it arrives.
    private let ends: (theirs: Int32, ours: Int32)

    /// Devices; nil if the system has nothing left for them.
    init?(units: ClosedRange<UInt8>, profile: FieldProfile, faults: Faults) {
        self.faults = faults
        for unit in units { self.units[unit] = FieldUnit(unit: unit, profile: profile) }
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard let context = modbus_new_tcp("127.0.0.1", 502) else { return nil }
        self.context = context
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            modbus_free(context)
            return nil
        }
        self.ends = (ends[0], ends[1])
        modbus_set_socket(context, ends[0])
        // libmodbus sleeps for the response time-out before some refusals.
        modbus_set_response_timeout(context, 0, 1)
    }

    deinit {
        modbus_free(context)
        close(ends.theirs)
        close(ends.ours)
    }

    func answers(to frame: [UInt8]) -> [SerialAnswer] {
        guard let unit = units[frame[0]], let request = Self.request(frame) else { return [] }
        switch faults[request.unit] {
        case .mute: return []
        case .slow(let delay): return [SerialAnswer(after: delay, answer(request, unit))]
        case .exception(let code): return [SerialAnswer(Self.frame(request.refusal(code)))]
        case .garbage: return [SerialAnswer(Self.spoiled(request))]
        case .swapped, nil: return [SerialAnswer(answer(request, unit))]
        }
    }

    /// The request as Modbus TCP has it: six bytes before, no checksum behind.
    private static func request(_ frame: [UInt8]) -> FieldRequest? {
        var bytes = [0, 0, 0, 0, 0, UInt8(truncatingIfNeeded: frame.count - 2)] + frame.dropLast(2)
        do throws(FieldRequest.NotModbus) {
            return try FieldRequest(takingFrom: &bytes)
        } catch {
            return nil
        }
    }

    private static func frame(_ answer: [UInt8]) -> [UInt8] {
        SerialFrame.sealed(Array(answer.dropFirst(6)))
    }

    /// One of: noise, half an answer, another unit's answer, an answer with a wrong bit.
    private static func spoiled(_ request: FieldRequest) -> [UInt8] {
        let values: [UInt8] = (0..<8).map { _ in .random(in: 0 ... .max) }
        let answer = [request.unit, request.function, 8] + values
        switch Int.random(in: 0..<4) {
        case 0: return (0..<Int.random(in: 1...64)).map { _ in .random(in: 0 ... .max) }
        case 1: return SerialFrame.sealed(answer).dropLast(5)
        case 2: return SerialFrame.sealed([request.unit &+ 1] + answer.dropFirst())
        default: return SerialFrame.sealed(answer).dropLast() + [.random(in: 0 ... .max)]
        }
    }

    private func answer(_ request: FieldRequest, _ unit: FieldUnit) -> [UInt8] {
        guard request.isKnown else {
            return Self.frame(request.refusal(UInt8(MODBUS_EXCEPTION_ILLEGAL_FUNCTION)))
        }
        guard request.isWhole else {
            return Self.frame(request.refusal(UInt8(MODBUS_EXCEPTION_ILLEGAL_DATA_VALUE)))
        }
        if let registers = request.reads {
            unit.refresh(registers, at: .now(), isSwapped: faults[request.unit] == .swapped)
        }
        let count = Int32(request.bytes.count)
        guard modbus_reply(context, request.bytes, count, unit.mapping) > 0 else { return [] }
        if let registers = request.writes { unit.keep(registers) }
        var bytes = [UInt8](repeating: 0, count: FieldRequest.longest)
        let got = recv(ends.ours, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return got > 6 ? Self.frame(Array(bytes[..<got])) : []
    }
}
