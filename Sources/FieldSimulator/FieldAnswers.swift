/// Answers that libmodbus would not give.
extension FieldRequest {
    /// An exception response (Modbus Application Protocol V1.1b3, section 7).
    func refusal(_ code: UInt8) -> [UInt8] {
        bytes[..<4] + [0, 3, unit, function | 0x80, code]
    }

    /// One of: noise, half an answer, another unit's answer, another request's answer.
    func garbage() -> [UInt8] {
        let values: [UInt8] = (0..<8).map { _ in .random(in: 0 ... .max) }
        let answer = bytes[..<4] + [0, 11, unit, function, 8] + values
        switch Int.random(in: 0..<4) {
        case 0: return (0..<Int.random(in: 1...64)).map { _ in .random(in: 0 ... .max) }
        case 1: return Array(answer.dropLast(5))
        case 2: return answer[..<6] + [unit &+ 1] + answer[7...]
        default: return [answer[0] &+ 1] + answer[1...]
        }
    }
}
