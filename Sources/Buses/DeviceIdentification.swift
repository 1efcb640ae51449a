/// How much of its identity a device is asked for (Modbus Application Protocol V1.1b3, section
/// 6.21).
public enum IdentificationLevel: UInt8, Sendable {
    /// Vendor, product code, revision.
    case basic = 1
    /// The vendor's address, names of product, model and application too.
    case regular = 2
}

/// What a device says about itself: part of it, since an answer ends at 253 bytes.
public struct DeviceIdentification: Hashable, Sendable {
    /// The texts by object: 0 vendor, 1 product code, 2 revision, 3 vendor's address, 4 product
    /// name, 5 model name, 6 application name.
    public var objects: [UInt8: String]
    /// The object to ask on from; nil if that was all.
    public var next: UInt8?

    /// The type of encapsulated interface, behind function 43.
    public static let interface: UInt8 = 14
    /// Type, level, conformity, more follows, next object, number of objects.
    private static let headLength = 6

    /// An identity of these texts.
    public init(objects: [UInt8: String], next: UInt8? = nil) {
        (self.objects, self.next) = (objects, next)
    }

    /// Reads an answer's bytes behind the function code; nil if they make no sense.
    ///
    /// - Parameter first: The object that was asked from. What follows must lie behind it, or a
    ///   device could be asked for ever.
    public init?(_ bytes: ArraySlice<UInt8>, from first: UInt8) {
        let head = Array(bytes.prefix(Self.headLength))
        guard head.count == Self.headLength, head[0] == Self.interface else { return nil }
        var rest = bytes.dropFirst(Self.headLength)
        objects = [:]
        for _ in 0..<head[5] {
            guard let object = rest.popFirst(), let length = rest.popFirst(),
                rest.count >= Int(length)
            else { return nil }
            objects[object] = Self.text(rest.prefix(Int(length)))
            rest = rest.dropFirst(Int(length))
        }
        guard rest.isEmpty else { return nil }
        next = head[3] == 0xFF && head[4] > first ? head[4] : nil
    }

    /// Printable characters; anything else is a blank, so that a name cannot steer a terminal.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let text = String(
            decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : 0x20 }, as: UTF8.self)
        return text.split(separator: " ").joined(separator: " ")
    }
}

extension ModbusBus {
    /// A device's identity is asked for in at most so many requests.
    private static var identificationRequests: Int { 4 }

    /// Who the device says it is.
    ///
    /// - Throws: `BusError`, if it does not say it at all.
    public func identification(
        unit: UInt8, responseTimeout: Duration? = nil
    ) async throws(BusError) -> [UInt8: String] {
        var objects: [UInt8: String] = [:]
        var start: UInt8? = 0
        for _ in 0..<Self.identificationRequests {
            guard let first = start else { break }
            let operation = ModbusRequest.Operation.readDeviceIdentification(.regular, from: first)
            let request = ModbusRequest(unit: unit, operation, responseTimeout: responseTimeout)
            guard case .identification(let part) = try await transfer(request) else {
                throw BusError(.corrupt, "the answer has no identification")
            }
            objects.merge(part.objects) { $1 }
            start = part.next
        }
        return objects
    }
}
