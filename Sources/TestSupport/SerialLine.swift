import Buses
import FieldSimulator
import Platform
import Synchronization
import Telemetry

/// A serial line with scripted devices, byte by byte in real time: `SerialLine(baud: 9600,
/// devices: [1: .addresses(count: 100)])`, and a bus on its `path`. A request to a unit that is not
/// there stays without an answer.
public final class SerialLine: Sendable {
    /// What a device does wrong.
    public enum Fault: Sendable, Hashable {
        /// It does not answer.
        case mute
        /// It answers so much later. It takes up later requests meanwhile, and answers in order.
        case late(Duration)
        /// It answers when the next request comes, whoever that is for: late to the byte, however
        /// busy the machine is.
        case held
        /// It answers, and again so long after its answer's begin; without any gap if that is zero.
        case twice(Duration)
        /// The last bytes of its answer are missing, so many.
        case truncated(Int)
        /// Bytes come before its answer.
        case noiseBefore([UInt8])
        /// Bytes come after its answer.
        case noiseAfter([UInt8])
        /// Nothing but these bytes comes.
        case noise([UInt8])
        /// Another unit's id is in its answer.
        case otherUnit(UInt8)
        /// One bit of its answer is wrong: the one with this number, modulo how many there are.
        case flippedBit(Int)
    }

    private struct Field {
        var devices: [UInt8: ScriptedDevice]
        var faults: [UInt8: Fault] = [:]
        var requests = 0
        /// Answers that wait for the next request.
        var held: [SerialAnswer] = []
    }

    /// The node to open instead of a serial port's.
    public var path: String { emulator.path }
    /// What was seen of the line so far.
    public var counts: SerialCounts { emulator.counts }

    private let emulator: SerialEmulator
    private let field: Shared

    private final class Shared: Sendable {
        let field: Mutex<Field>
        init(_ field: Field) { self.field = Mutex(field) }
    }

    /// A line, at work at once.
    ///
    /// - Parameters:
    ///   - baud: Its rate, with characters of 11 bits; nil for a line that takes no time.
    ///   - devices: The devices by unit id. How long one thinks is `ScriptedDevice.thinkTime`.
    ///   - misbehave: What goes wrong with the answer to the request of this number, counted from
    ///     0, beside what `fault` says; nil for nothing.
    /// - Throws: `SystemError` if there is no pseudo-terminal left.
    public init(
        baud: Int? = nil, devices: [UInt8: ScriptedDevice],
        misbehave: @escaping @Sendable (_ request: Int) -> Fault? = { _ in nil }
    ) throws(SystemError) {
        let shared = Shared(Field(devices: devices))
        field = shared
        let pace = baud.map { SerialEmulator.Pace(baud: $0) } ?? .none
        emulator = try SerialEmulator(pace) {
            { frame in
                shared.field.withLock { field in
                    defer { field.requests += 1 }
                    let fault = field.faults[frame[0]] ?? misbehave(field.requests)
                    let late = field.held
                    let answers = Self.answers(to: frame, of: &field, fault)
                    field.held = fault == .held ? answers : []
                    return fault == .held ? late : late + answers
                }
            }
        }
    }

    /// Changes a device; one that is absent is made first.
    public func change(_ unit: UInt8, _ change: (inout ScriptedDevice) -> Void) {
        field.field.withLock { change(&$0.devices[unit, default: ScriptedDevice()]) }
    }

    /// What a device does wrong from now on; nil for nothing.
    public func setFault(_ fault: Fault?, of unit: UInt8) {
        field.field.withLock { $0.faults[unit] = fault }
    }

    private static func answers(
        to sealed: [UInt8], of field: inout Field, _ fault: Fault?
    ) -> [SerialAnswer] {
        let frame = Array(sealed.dropLast(2))
        guard let device = field.devices[frame[0]], !device.isMute else { return [] }
        let answer = answer(to: frame, of: &field.devices[frame[0], default: device])
        return spoil(SerialFrame.sealed(answer), device.thinkTime, fault)
    }

    private static func answer(to frame: [UInt8], of device: inout ScriptedDevice) -> [UInt8] {
        func refused(_ code: UInt8) -> [UInt8] { [frame[0], frame[1] | 0x80, code] }
        if let code = device.refusal { return refused(code) }
        guard let request = ModbusRequest(frame: frame) else { return refused(1) }
        guard let response = device.perform(request.operation) else { return refused(2) }
        return response.frame(answering: frame)
    }

    private static func spoil(
        _ answer: [UInt8], _ delay: Duration, _ fault: Fault?
    ) -> [SerialAnswer] {
        switch fault {
        case nil: return [SerialAnswer(after: delay, answer)]
        case .held: return [SerialAnswer(after: .zero, answer)]
        case .mute: return []
        case .late(let more): return [SerialAnswer(after: delay + more, answer)]
        case .twice(.zero): return [SerialAnswer(after: delay, answer + answer)]
        case .twice(let gap):
            return [SerialAnswer(after: delay, answer), SerialAnswer(after: delay + gap, answer)]
        case .truncated(let count): return [SerialAnswer(after: delay, answer.dropLast(count))]
        case .noiseBefore(let bytes): return [SerialAnswer(after: delay, bytes + answer)]
        case .noiseAfter(let bytes): return [SerialAnswer(after: delay, answer + bytes)]
        case .noise(let bytes): return [SerialAnswer(after: delay, bytes)]
        case .otherUnit(let unit):
            let other = SerialFrame.sealed([unit] + answer.dropFirst().dropLast(2))
            return [SerialAnswer(after: delay, other)]
        case .flippedBit(let number):
            var bytes = answer
            bytes[number / 8 % bytes.count] ^= 1 << UInt8(number % 8)
            return [SerialAnswer(after: delay, bytes)]
        }
    }
}
