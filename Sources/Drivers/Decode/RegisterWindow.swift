import Buses
import Telemetry

/// A range of registers that somebody wants to look at.
public struct RegisterWindow: Hashable, Sendable {
    /// Holding or input registers.
    public var table: RegisterTable
    /// The first address.
    public var start: Int
    /// How many.
    public var count: Int

    /// More registers are not looked at in one go.
    public static let most = 500

    /// Reads `0-19`, `holding:0-19`, `input:0x0000+20` or `input:52`.
    ///
    /// - Throws: `TextScalarError`, in words for a technician.
    public init(text: String) throws(TextScalarError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let tables: [Substring: RegisterTable] = ["holding": .holding, "input": .input]
        guard let range = parts.last,
            let table = parts.count == 1 ? .holding : parts.count == 2 ? tables[parts[0]] : nil,
            let (first, count) = Self.extent(range)
        else {
            throw TextScalarError(
                "`\(text)` is not a range of registers",
                mend: "write holding:0-19, input:0x0000+20 or 0-19 (holding registers)")
        }
        guard (1...Self.most).contains(count), first + count <= 65536 else {
            throw TextScalarError(
                "`\(text)` are \(count) registers from \(first) on",
                mend: "1 to \(Self.most) registers, up to address 65535")
        }
        (self.table, start, self.count) = (table, first, count)
    }

    /// `5`, `0-19` or `0+20`, decimal or with 0x.
    private static func extent(_ text: Substring) -> (first: Int, count: Int)? {
        if let separator = text.firstIndex(where: { $0 == "-" || $0 == "+" }) {
            guard let first = number(text[..<separator]),
                let second = number(text[text.index(after: separator)...])
            else { return nil }
            if text[separator] == "+" { return (first, second) }
            return second < first ? nil : (first, second - first + 1)
        }
        return number(text).map { ($0, 1) }
    }

    /// A number of at most five digits, or four behind 0x.
    private static func number(_ text: Substring) -> Int? {
        guard text.hasPrefix("0x") else {
            return text.count <= 5 && text.first?.isNumber ?? false ? Int(text) : nil
        }
        return text.count <= 6 ? Int(text.dropFirst(2), radix: 16) : nil
    }
}

/// What a device has in a range of registers.
public struct RegisterDump: Sendable {
    /// What was asked for.
    public var window: RegisterWindow
    /// By position in the window; nil where the device gave nothing.
    public private(set) var words: [UInt16?]
    /// Why registers are missing, if not only because the device has none there.
    public private(set) var failure: BusError?

    /// A dump of these registers.
    init(window: RegisterWindow, words: [UInt16?]) {
        (self.window, self.words) = (window, words)
    }

    /// Asks a device: as many registers a request as the protocol allows. Where it refuses, the
    /// halves are asked for, down to single registers.
    public static func read(
        _ window: RegisterWindow, unit: UInt8, on bus: any ModbusBus
    ) async -> RegisterDump {
        var dump = RegisterDump(
            window: window, words: Array(repeating: nil, count: window.count))
        // Each refused range becomes two shorter ones, so this ends after at most 2n - 1 requests.
        var waiting = stride(from: 0, to: window.count, by: ModbusLimits.readRegisters).map {
            $0..<min($0 + ModbusLimits.readRegisters, window.count)
        }
        while !waiting.isEmpty {
            let range = waiting.removeFirst()
            do throws(BusError) {
                try await dump.read(range, unit: unit, on: bus)
            } catch {
                guard case .exception = error.code else {
                    dump.failure = error
                    return dump
                }
                guard error.quality == .illegalAddress || range.count > 1 else {
                    dump.failure = dump.failure ?? error
                    continue
                }
                if range.count > 1 {
                    let middle = range.lowerBound + range.count / 2
                    waiting = [range.lowerBound..<middle, middle..<range.upperBound] + waiting
                }
            }
        }
        return dump
    }

    private mutating func read(
        _ range: Range<Int>, unit: UInt8, on bus: any ModbusBus
    ) async throws(BusError) {
        let address = UInt16(window.start + range.lowerBound)
        let operation: ModbusRequest.Operation =
            window.table == .input
            ? .readInputRegisters(address: address, count: range.count)
            : .readHoldingRegisters(address: address, count: range.count)
        let values = try await bus.registers(operation, unit: unit)
        for (index, value) in zip(range, values) { words[index] = value }
    }
}
