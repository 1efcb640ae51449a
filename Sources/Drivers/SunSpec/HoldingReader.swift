import Buses

/// Reads the holding registers of one device.
public struct HoldingReader: Sendable {
    var bus: any ModbusBus
    var unit: UInt8
    var responseTimeout: Duration?
    /// Silence before each request.
    var pause: Duration?

    /// A reader for this device.
    public init(
        bus: any ModbusBus, unit: UInt8, responseTimeout: Duration? = nil, pause: Duration? = nil
    ) {
        (self.bus, self.unit) = (bus, unit)
        (self.responseTimeout, self.pause) = (responseTimeout, pause)
    }

    /// As many registers as were asked for.
    func read(_ address: UInt16, _ count: Int) async throws(BusError) -> [UInt16] {
        var request = ModbusRequest(
            unit: unit, .readHoldingRegisters(address: address, count: count),
            responseTimeout: responseTimeout)
        request.pause = pause
        guard case .registers(let words) = try await bus.transfer(request), words.count == count
        else { throw BusError(.corrupt, "the answer is not as long as was asked for") }
        return words
    }
}
