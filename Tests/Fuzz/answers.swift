import Buses
import Telemetry

/// Any bytes as what a device sends: by RTU, in whatever pieces, while other answers may come late,
/// and by TCP. No trap; and what is accepted is what the bytes say, checked here byte by byte,
/// without the product's own functions.
///
/// The first bytes choose the request, and whether checksums are made right: libFuzzer would not
/// find one.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: data, count: size))[...]
    guard bytes.count > headLength else { return 0 }
    let head = Array(bytes.prefix(headLength))
    bytes = bytes.dropFirst(headLength)
    let request = request(head)
    precondition(request.flaw == nil)
    rtu(request, head, seal(Array(bytes), head))
    tcp(request, bytes)
    return 0
}

private let headLength = 8

private func request(_ head: [UInt8]) -> ModbusRequest {
    let unit = head[1] % 4 + 1
    let count = Int(head[2]) % 125 + 1
    let address = UInt16(head[3])
    if head[0] >= 0xF8 {
        return ModbusRequest(unit: unit, .readDeviceIdentification(.regular, from: head[3]))
    }
    switch head[0] % 8 {
    case 0: return ModbusRequest(unit: unit, .readCoils(address: address, count: count * 16))
    case 1: return ModbusRequest(unit: unit, .readDiscreteInputs(address: address, count: count))
    case 2: return ModbusRequest(unit: unit, .readHoldingRegisters(address: address, count: count))
    case 3: return ModbusRequest(unit: unit, .readInputRegisters(address: address, count: count))
    case 4: return ModbusRequest(unit: unit, .writeCoil(address: address, value: head[2] > 9))
    case 5: return ModbusRequest(unit: unit, .writeRegister(address: address, value: 0x1234))
    case 6: return ModbusRequest(unit: unit, .writeCoils(address: address, values: [true, false]))
    default: return ModbusRequest(unit: unit, .writeRegisters(address: address, values: [1, 2]))
    }
}

/// Gives the frame at the front, and one behind it, the right checksum if the input asks for that.
private func seal(_ bytes: [UInt8], _ head: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var start = 0
    for turn in 0..<2 where head[4] >> turn & 1 == 1 {
        guard let length = RTUFrame.length(bytes[start...]), start + length <= bytes.count else {
            break
        }
        let sum = checksum(bytes[start..<start + length - 2])
        bytes[start + length - 2] = UInt8(truncatingIfNeeded: sum)
        bytes[start + length - 1] = UInt8(sum >> 8)
        start += length
    }
    return bytes
}

/// CRC-16 bit by bit (Modbus over Serial Line V1.02, section 6.2.2).
private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    bytes.reduce(0xFFFF) { sum, byte in
        (0..<8).reduce(sum ^ UInt16(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xA001 : sum >> 1 }
    }
}

private func rtu(_ request: ModbusRequest, _ head: [UInt8], _ bytes: [UInt8]) {
    var late: [UInt8: LateAnswers] = [:]
    let now = Instant(nanoseconds: 0)
    if head[5] & 1 == 1 {
        late[request.unit, default: LateAnswers()].lose(
            .readHoldingRegisters(address: 0, count: Int(head[6]) % 125 + 1), at: now)
    }
    if head[5] & 2 == 2 {
        late[2, default: LateAnswers()].lose(.readCoils(address: 0, count: 8), at: now)
    }
    // What the bus would not ask before it has probed.
    if late[request.unit]?.mayBring(AnswerShape(of: request.operation)) == true { return }
    var incoming: [UInt8] = []
    let cut = min(bytes.count, Int(head[7]))
    for piece in [bytes[..<cut], bytes[cut...]] {
        incoming += piece
        switch RTUReceiving.next(in: &incoming, for: request, late: &late) {
        case .response(let response): return check(response, request, bytes)
        case .refused, .wrong: return
        case .incomplete(let missing): precondition((1...RTUFrame.longest).contains(missing))
        case .nothing: precondition(incoming.isEmpty)
        }
    }
}

/// The bytes hold this response: a frame with unit, function, length and checksum.
private func check(_ response: ModbusResponse, _ request: ModbusRequest, _ bytes: [UInt8]) {
    guard let body = body(response, request) else { return }
    let sum = checksum(body[...])
    let frame = body + [UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8)]
    let isThere = bytes.indices.contains { bytes[$0...].starts(with: masked(frame, bytes[$0...])) }
    precondition(isThere, "\(response) from nowhere")
}

/// Bits beyond those that were asked for may be anything: they are taken as they came.
private func masked(_ frame: [UInt8], _ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard frame[1] <= 2, bytes.count >= frame.count else { return frame }
    var frame = frame
    let last = frame.count - 3
    frame[last] = bytes[bytes.startIndex + last]
    let sum = checksum(frame[...last])
    (frame[last + 1], frame[last + 2]) = (UInt8(truncatingIfNeeded: sum), UInt8(sum >> 8))
    return frame
}

/// The bytes that say this; nil for an identification, whose texts are not kept byte by byte.
private func body(_ response: ModbusResponse, _ request: ModbusRequest) -> [UInt8]? {
    switch response {
    case .registers(let values):
        let bytes = values.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        return [request.unit, request.operation.function, UInt8(bytes.count)] + bytes
    case .bits(let bits):
        var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
        for (index, bit) in bits.enumerated() where bit {
            bytes[index / 8] |= 1 << UInt8(index % 8)
        }
        return [request.unit, request.operation.function, UInt8(bytes.count)] + bytes
    case .written:
        var bytes: [UInt8] = []
        ModbusFrame.append(request, to: &bytes)
        return Array(bytes.prefix(6))
    case .identification(let identification):
        for text in identification.objects.values {
            precondition(
                text.utf8.count < 256 && text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
        guard case .readDeviceIdentification(_, let first) = request.operation else {
            preconditionFailure("an identification nobody asked for")
        }
        precondition(identification.next.map { $0 > first } ?? true)
        return nil
    }
}

/// Behind the header of Modbus TCP, which the tests change byte by byte.
private func tcp(_ request: ModbusRequest, _ bytes: ArraySlice<UInt8>) {
    do throws(ModbusFrame.Unanswered) {
        let response = try ModbusFrame.response(bytes, to: request)
        guard let body = body(response, request) else { return }
        precondition(body.count == bytes.count)
        precondition(body.dropLast().elementsEqual(bytes.dropLast()))
        guard case .bits = response else { return precondition(body.last == bytes.last) }
    } catch {
        if case .refused(let code) = error { precondition(code == bytes.last && code != 0) }
    }
}
