import Buses
import Telemetry

/// Finds the answer to a request in what a line brings.
enum RTUReceiving {
    /// What has come so far.
    enum Step {
        /// Nothing, or nothing that is left.
        case nothing
        /// The beginning of an answer, which lacks so many bytes at least.
        case incomplete(missing: Int)
        /// The answer.
        case response(ModbusResponse)
        /// A refusal with this code: this request's, or perhaps an earlier one's that could be
        /// answered until then.
        case refused(UInt8, unlessEarlier: Instant?)
        /// Something else.
        case wrong(String)
    }

    /// Bytes behind an answer that may be there: what a driver leaves on the line that is
    /// switched off.
    static let trailingLimit = 2

    /// Takes answers that come late from the front, and says what is there then.
    ///
    /// Bytes before an answer that cannot be a device's unit id are passed over: a driver that is
    /// switched on leaves such on the line.
    static func next(
        in incoming: inout [UInt8], for request: ModbusRequest, late: inout [UInt8: LateAnswers]
    ) -> Step {
        while true {
            incoming.removeFirst(incoming.prefix { !(1...247).contains($0) }.count)
            guard let unit = incoming.first else { return .nothing }
            guard incoming.count >= 3 else {
                return .incomplete(missing: RTUFrame.shortest - incoming.count)
            }
            let function = incoming[1]
            guard let length = RTUFrame.length(incoming[...]) else {
                return .wrong("it answered function \(function)")
            }
            let isAsked = isAnswer(incoming, length, to: request)
            guard isAsked || isLate(function, length, late[unit]) else {
                return .wrong("unit \(unit) answered function \(function) with \(length) bytes")
            }
            guard incoming.count >= length else {
                return .incomplete(missing: length - incoming.count)
            }
            guard RTUFrame.isSound(incoming[..<length]) else {
                return .wrong("its checksum is wrong")
            }
            let frame = incoming[..<length].dropLast(2)
            if isAsked, let step = answer(frame, request, &late) {
                incoming.removeFirst(length)
                guard case .response = step, incoming.count > trailingLimit else { return step }
                return .wrong("more came than the answer")
            }
            guard settle(incoming[..<length], &late) else { return .wrong("unit \(unit) answered") }
            incoming.removeFirst(length)
        }
    }

    /// Whether the head of a frame fits the request.
    private static func isAnswer(
        _ head: [UInt8], _ length: Int, to request: ModbusRequest
    ) -> Bool {
        let shape = AnswerShape(of: request.operation)
        guard head[0] == request.unit else { return false }
        return head[1] == shape.function | RTUFrame.refusal
            || head[1] == shape.function && shape.fits(length: length)
    }

    private static func isLate(_ function: UInt8, _ length: Int, _ late: LateAnswers?) -> Bool {
        guard let late else { return false }
        if function & RTUFrame.refusal != 0 {
            return late.mayBring(function: function & ~RTUFrame.refusal)
        }
        return late.mayBring(function: function, length: length)
    }

    /// What a sound frame that fits the request says; nil if it is another's.
    private static func answer(
        _ frame: ArraySlice<UInt8>, _ request: ModbusRequest, _ late: inout [UInt8: LateAnswers]
    ) -> Step? {
        do throws(ModbusFrame.Unanswered) {
            return .response(try ModbusFrame.response(frame, to: request))
        } catch {
            guard case .refused(let code) = error else { return nil }
            let function = request.operation.function
            let earlier = late[request.unit]?.settle(refusalOf: function)
            if earlier == nil { late[request.unit] = nil }
            return .refused(code, unlessEarlier: earlier)
        }
    }

    /// Takes whole answers that nobody waits for: what comes too late.
    static func takeStrays(from incoming: ArraySlice<UInt8>, _ late: inout [UInt8: LateAnswers]) {
        var rest = incoming.drop { !(1...247).contains($0) }
        while let length = RTUFrame.length(rest), RTUFrame.isSound(rest.prefix(length)) {
            _ = settle(rest.prefix(length), &late)
            rest = rest.dropFirst(length).drop { !(1...247).contains($0) }
        }
    }

    /// Notes a sound frame that comes late. Returns whether it was missed.
    private static func settle(
        _ frame: ArraySlice<UInt8>, _ late: inout [UInt8: LateAnswers]
    ) -> Bool {
        guard let unit = frame.first, let waiting = late[unit] else { return false }
        if let shape = AnswerShape(frame: frame) {
            guard waiting.mayBring(shape) else { return false }
            late[unit]?.settle(shape)
        } else {
            let function = frame[frame.startIndex + 1] & ~RTUFrame.refusal
            guard waiting.mayBring(function: function) else { return false }
            late[unit]?.settle(refusalOf: function)
        }
        return true
    }
}
