import Buses

/// What a request and its answer have in common on every kind of line: unit id, function code and
/// data (Modbus Application Protocol V1.1b3, sections 4 and 6).
enum ModbusFrame {
    /// Unit id, function code and byte count stand before the values of a read's answer.
    private static let valuesStart = 3
    /// An answer's function code has this bit if the device refused (section 7).
    private static let refusal: UInt8 = 0x80

    /// Appends the request's unit id, function code and data. It must have no flaw.
    static func append(_ request: ModbusRequest, to bytes: inout [UInt8]) {
        bytes.append(request.unit)
        bytes.append(request.operation.function)
        switch request.operation {
        case .readCoils(let address, let count), .readDiscreteInputs(let address, let count),
            .readHoldingRegisters(let address, let count),
            .readInputRegisters(let address, let count):
            bytes.append(address, UInt16(count))
        case .writeCoil(let address, let value):
            bytes.append(address, value ? 0xFF00 : 0)
        case .writeRegister(let address, let value):
            bytes.append(address, value)
        case .writeCoils(let address, let values):
            bytes.append(address, UInt16(values.count))
            bytes.append(packing: values)
        case .writeRegisters(let address, let values):
            bytes.append(address, UInt16(values.count))
            bytes.append(UInt8(values.count * 2))
            for value in values { bytes.append(bigEndian: value) }
        case .readDeviceIdentification(let level, let object):
            bytes += [DeviceIdentification.interface, level.rawValue, object]
        }
    }

    /// Reads the answer: all bytes from the unit id to the end of the data.
    ///
    /// - Throws: `Refusal` if the device refused, `Mismatch` if these bytes do not answer this
    ///   request to the last byte.
    static func response(
        _ bytes: ArraySlice<UInt8>, to request: ModbusRequest
    ) throws(Unanswered) -> ModbusResponse {
        guard let unit = bytes.first, bytes.count >= 3 else {
            throw .mismatch("\(bytes.count) bytes are no answer")
        }
        guard unit == request.unit else { throw .mismatch("unit \(unit) answered") }
        let function = bytes[bytes.startIndex + 1]
        let code = bytes[bytes.startIndex + 2]
        let asked = request.operation.function
        if function == asked | refusal, bytes.count == 3, code != 0 { throw .refused(code) }
        guard function == asked else { throw .mismatch("it answered function \(function)") }
        switch request.operation {
        case .readCoils(_, let count), .readDiscreteInputs(_, let count):
            return .bits(unpack(try values(bytes, length: (count + 7) / 8), count: count))
        case .readHoldingRegisters(_, let count), .readInputRegisters(_, let count):
            return .registers(registers(try values(bytes, length: count * 2)))
        case .readDeviceIdentification(_, let object):
            guard let identification = DeviceIdentification(bytes.dropFirst(2), from: object)
            else { throw .mismatch("it does not identify itself as the protocol has it") }
            return .identification(identification)
        default:
            try confirm(bytes, request)
            return .written
        }
    }

    /// Why bytes are not a response.
    enum Unanswered: Error {
        /// The device refused with this exception code.
        case refused(UInt8)
        /// They answer something else.
        case mismatch(String)
    }

    private static func values(
        _ bytes: ArraySlice<UInt8>, length: Int
    ) throws(Unanswered) -> ArraySlice<UInt8> {
        let values = bytes.dropFirst(valuesStart)
        let stated = Int(bytes[bytes.startIndex + 2])
        guard stated == length, values.count == length else {
            throw .mismatch("\(min(stated, values.count)) bytes of values came, not \(length)")
        }
        return values
    }

    private static func registers(_ bytes: ArraySlice<UInt8>) -> [UInt16] {
        let count = bytes.count / 2
        return bytes.withUnsafeBytes { source in
            [UInt16](unsafeUninitializedCapacity: count) { target, initialized in
                for index in 0..<count {
                    let value = source.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
                    target.initializeElement(at: index, to: UInt16(bigEndian: value))
                }
                initialized = count
            }
        }
    }

    private static func unpack(_ bytes: ArraySlice<UInt8>, count: Int) -> [Bool] {
        (0..<count).map { index in
            let byte = bytes[bytes.startIndex + index / 8]
            return byte >> (index % 8) & 1 == 1
        }
    }

    /// A write is confirmed by its address and its value or count, sent back.
    private static func confirm(
        _ bytes: ArraySlice<UInt8>, _ request: ModbusRequest
    ) throws(Unanswered) {
        var sent: [UInt8] = []
        append(request, to: &sent)
        guard bytes.elementsEqual(sent.prefix(6)) else {
            throw .mismatch("it confirmed another write")
        }
    }
}

extension ModbusRequest.Operation {
    /// The function code (Modbus Application Protocol V1.1b3, section 5.1).
    var function: UInt8 {
        switch self {
        case .readCoils: 1
        case .readDiscreteInputs: 2
        case .readHoldingRegisters: 3
        case .readInputRegisters: 4
        case .writeCoil: 5
        case .writeRegister: 6
        case .writeCoils: 15
        case .writeRegisters: 16
        case .readDeviceIdentification: 43
        }
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    fileprivate mutating func append(_ first: UInt16, _ second: UInt16) {
        append(bigEndian: first)
        append(bigEndian: second)
    }

    /// Appends the number of bytes, then the bits, lowest first.
    fileprivate mutating func append(packing values: [Bool]) {
        let length = (values.count + 7) / 8
        append(UInt8(length))
        let start = count
        append(contentsOf: repeatElement(0, count: length))
        for (index, value) in values.enumerated() where value {
            self[start + index / 8] |= 1 << UInt8(index % 8)
        }
    }
}
