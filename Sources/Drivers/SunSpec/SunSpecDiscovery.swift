import Buses
import Telemetry

/// The models that a SunSpec device has, and where.
public struct SunSpecChain: Hashable, Sendable {
    /// One model of the chain.
    public struct Link: Hashable, Sendable {
        /// The model's number.
        public var id: UInt16
        /// The address of its ID register; its length register follows.
        public var address: Int
        /// Its registers with those two.
        public var length: Int
    }

    /// Where `SunS` was found.
    public var base: UInt16
    /// The models, in the order of their addresses.
    public var links: [Link]

    /// The model with this number; `instance` 1 is the first.
    func link(_ choice: SunSpecChoice) -> Link? {
        links.filter { $0.id == choice.model.id }.dropFirst(choice.instance - 1).first
    }
}

/// Finds the models of a SunSpec device (SunSpec Device Information Model Specification V1.1,
/// section 6.2: `SunS` at one of three addresses, then models, each with its number and length,
/// until number 0xFFFF).
public struct SunSpecDiscovery: Sendable {
    /// The addresses where `SunS` may be, in the order of the specification.
    public static let bases: [UInt16] = [40000, 50000, 0]
    /// Longer chains are cut off here: a device that makes up models must not be walked for ever.
    public static let mostModels = 64
    /// `SunS` in two registers.
    static let mark: [UInt16] = [0x5375, 0x6E53]
    /// The number that ends a chain.
    static let end: UInt16 = 0xFFFF

    var device: HoldingReader
    var bases: [UInt16]

    /// A search on one device.
    ///
    /// - Parameter bases: Where to look for `SunS`.
    public init(_ device: HoldingReader, bases: [UInt16] = SunSpecDiscovery.bases) {
        (self.device, self.bases) = (device, bases)
    }

    /// The device's models; nil if there is no `SunS`.
    ///
    /// - Throws: `BusError` if the device does not answer, or not like a device.
    public func chain() async throws(BusError) -> SunSpecChain? {
        for base in bases {
            guard try await read(Int(base), 2) == Self.mark else { continue }
            return SunSpecChain(base: base, links: try await walk(from: Int(base) + 2))
        }
        return nil
    }

    /// Models until the end, or until what comes cannot be a model.
    private func walk(from start: Int) async throws(BusError) -> [SunSpecChain.Link] {
        var links: [SunSpecChain.Link] = []
        var address = start
        while links.count < Self.mostModels {
            guard let header = try await read(address, 2), header[0] != Self.end else { break }
            let length = Int(header[1]) + 2
            guard header[0] != 0, address + length <= 65536 else { break }
            links.append(.init(id: header[0], address: address, length: length))
            address += length
        }
        return links
    }

    /// Registers; nil if the device refuses them, or if there can be none.
    private func read(_ address: Int, _ count: Int) async throws(BusError) -> [UInt16]? {
        guard let start = UInt16(exactly: address), address + count <= 65536 else { return nil }
        do throws(BusError) {
            return try await device.read(start, count)
        } catch {
            // Anything may be answered where there is nothing.
            if case .exception(let code) = error.code, (1...3).contains(code) { return nil }
            throw error
        }
    }
}

/// Who a SunSpec device is, by its model 1.
public struct SunSpecIdentity: Hashable, Sendable {
    public var manufacturer: String?
    public var model: String?
    public var version: String?
    public var serial: String?
    /// Model 1 up to the end of the serial number.
    private static let length = 66

    /// Reads model 1 of a chain; nil if the chain has none.
    ///
    /// - Throws: `BusError` if the device does not give it.
    public init?(of chain: SunSpecChain, _ device: HoldingReader) async throws(BusError) {
        guard let link = chain.links.first(where: { $0.id == 1 }), link.length >= Self.length,
            let address = UInt16(exactly: link.address)
        else { return nil }
        let words = try await device.read(address, Self.length)
        func text(_ name: String) -> String? {
            guard let point = SunSpecTable.common.points.first(where: { $0.name == name }),
                point.offset + point.type.registers <= words.count,
                case .string(let text) =
                    point.decode(
                        words[point.offset..<point.offset + point.type.registers], factor: nil
                    ).0
            else { return nil }
            return text
        }
        (manufacturer, model) = (text("manufacturer"), text("model"))
        (version, serial) = (text("version"), text("serial"))
    }
}
