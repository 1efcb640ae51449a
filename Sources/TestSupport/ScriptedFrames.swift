import Buses

/// The frames of scripted devices: unit id, function code and data, without what a line adds
/// (Modbus Application Protocol V1.1b3, section 6). Written apart from the product's own.
extension ModbusRequest {
    /// Reads a request; nil for a function that scripted devices do not know.
    init?(frame: [UInt8]) {
        guard frame.count >= 6 else { return nil }
        func word(_ index: Int) -> UInt16 { UInt16(frame[index]) << 8 | UInt16(frame[index + 1]) }
        let (address, second) = (word(2), word(4))
        let operation: Operation
        switch frame[1] {
        case 1: operation = .readCoils(address: address, count: Int(second))
        case 2: operation = .readDiscreteInputs(address: address, count: Int(second))
        case 3: operation = .readHoldingRegisters(address: address, count: Int(second))
        case 4: operation = .readInputRegisters(address: address, count: Int(second))
        case 5: operation = .writeCoil(address: address, value: second == 0xFF00)
        case 6: operation = .writeRegister(address: address, value: second)
        case 15:
            guard frame.count >= 7 + (Int(second) + 7) / 8 else { return nil }
            let bits = (0..<Int(second)).map { index -> Bool in
                (frame[7 + index / 8] >> UInt8(index % 8)) & 1 == 1
            }
            operation = .writeCoils(address: address, values: bits)
        case 16:
            guard frame.count >= 7 + Int(second) * 2 else { return nil }
            let values = (0..<Int(second)).map { word(7 + $0 * 2) }
            operation = .writeRegisters(address: address, values: values)
        default: return nil
        }
        self.init(unit: frame[0], operation)
    }
}

extension ModbusResponse {
    /// The answer to the request that this frame holds.
    func frame(answering request: [UInt8]) -> [UInt8] {
        switch self {
        case .registers(let values):
            let bytes = values.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
            return request[..<2] + [UInt8(bytes.count)] + bytes
        case .bits(let bits):
            var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
            for (index, bit) in bits.enumerated() where bit {
                bytes[index / 8] |= 1 << UInt8(index % 8)
            }
            return request[..<2] + [UInt8(bytes.count)] + bytes
        case .written: return Array(request[..<6])
        case .identification(let identification):
            let objects = identification.objects.sorted { $0.key < $1.key }
            var frame = Array(request[..<4])
            frame += [1, identification.next == nil ? 0 : 0xFF, identification.next ?? 0]
            frame.append(UInt8(objects.count))
            for (object, text) in objects {
                frame += [object, UInt8(text.utf8.count)]
                frame += Array(text.utf8)
            }
            return frame
        }
    }
}
