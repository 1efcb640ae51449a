import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

@Suite struct DecodeTests {
    // MARK: Ranges

    @Test(arguments: [
        ("0-19", RegisterTable.holding, 0, 20), ("holding:5", .holding, 5, 1),
        ("input:0x0000+20", .input, 0, 20), ("input:0x10-0x1F", .input, 16, 16),
        ("65535", .holding, 65535, 1), ("65036+500", .holding, 65036, 500),
    ])
    func understandsRanges(
        _ text: String, _ table: RegisterTable, _ start: Int, _ count: Int
    ) throws {
        let window = try RegisterWindow(text: text)
        #expect(window.table == table)
        #expect(window.start == start)
        #expect(window.count == count)
    }

    @Test(arguments: [
        "", "-", "5-", "-5", "5-4", "0..3", "coil:0-3", "holding:", "0x", "0x1FFFF", "65535+2",
        "0-500", "65536", "0+0", "99999999999999999999", "a:b:c", "0+-3", "1-2-3", "+5", "²",
    ])
    func refusesWhatIsNoRange(_ text: String) {
        #expect(throws: TextScalarError.self) { try RegisterWindow(text: text) }
    }

    // MARK: Reading

    @Test func readsInBlocksAndAroundHoles() async throws {
        let bus = ScriptedModbusBus([1: .addresses(count: 300)])
        let window = try RegisterWindow(text: "100-399")
        let dump = await RegisterDump.read(window, unit: 1, on: bus)
        #expect(dump.failure == nil)
        #expect(dump.words == (100..<400).map { $0 < 300 ? UInt16($0) : nil })
        let requests = await bus.requests
        #expect(requests.count < 2 * 300)
    }

    @Test func aMuteDeviceIsAskedOnce() async throws {
        let bus = ScriptedModbusBus()
        let dump = await RegisterDump.read(try RegisterWindow(text: "0-399"), unit: 1, on: bus)
        #expect(dump.failure?.code == .timeout)
        #expect(await bus.requests.count == 1)
    }

    @Test func theReasonOfARefusalIsKept() async throws {
        var device = ScriptedDevice()
        device.refusal = 4
        let bus = ScriptedModbusBus([1: device])
        let dump = await RegisterDump.read(try RegisterWindow(text: "0-2"), unit: 1, on: bus)
        #expect(dump.failure?.code == .exception(4))
        #expect(dump.words == [nil, nil, nil])
    }

    // MARK: Finding

    private func best(_ text: String, _ words: [UInt16?]) throws -> String? {
        let found = DecodeCandidate.find(try KnownValue(text: text), in: words, tolerance: 0.1)
        let window = try RegisterWindow(text: "input:0-9")
        return found.first?.line(in: window)
    }

    /// In registers full of other numbers, the right reading is found first.
    @Test(arguments: [
        ("230V", [UInt16(0x4366), 0x199A], "voltage: {input: 2, type: float32, unit: V}"),
        (
            "230V", [0x199A, 0x4366],
            "voltage: {input: 2, type: float32, order: CDAB, unit: V}"
        ),
        ("230V", [2301], "voltage: {input: 2, scale: 0.1, unit: V}"),
        ("50Hz", [4998], "frequency: {input: 2, scale: 0.01, unit: Hz}"),
        (
            "-12.5Cel", [UInt16(bitPattern: -125)],
            "temperature: {input: 2, type: int16, scale: 0.1, unit: Cel}"
        ),
        (
            "123456kWh", [0xE240, 0x0001],
            "energy: {input: 2, type: uint32, order: CDAB, unit: kWh}"
        ),
        ("2.9kW", [0x4536, 0x3000], "power: {input: 2, type: float32, scale: 0.001, unit: kW}"),
    ])
    func findsTheRightReading(_ known: String, _ words: [UInt16], _ line: String) throws {
        #expect(try best(known, [0, nil] + words.map { $0 } + [nil, 65535]) == line)
    }

    @Test func nothingIsFoundWhereNothingIs() throws {
        #expect(try best("230V", []) == nil)
        #expect(try best("230V", [nil, nil, 0, 0, 0]) == nil)
    }

    @Test(arguments: ["", "V", "0V", "230X", "1e5V", "nanV", "inf", "--5V", "0x10V"])
    func refusesWhatIsNoValue(_ text: String) {
        #expect(throws: TextScalarError.self) { try KnownValue(text: text) }
    }

    /// Every candidate is what it says: read by the register map's own codec, its line gives its
    /// value.
    @Test(arguments: 0..<50) func candidatesAreWhatTheRegisterMapReads(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        let words = (0..<30).map { _ in UInt16.random(in: 0 ... .max, using: &generator) }
        let found = DecodeCandidate.find(
            try KnownValue(text: "230V"), in: words, tolerance: 0.1)
        for candidate in found {
            #expect(abs(candidate.value - 230) <= 23.001)
            let type = try #require(RegisterType(rawValue: candidate.guess.type.rawValue))
            let codec = RegisterCodec(
                type: type, order: candidate.guess.order, registers: type.registers,
                scaling: Scaling(scale: candidate.scale, offset: nil))
            let number: Double
            switch codec.decode(words, from: candidate.guess.index).0 {
            case .double(let value): number = value
            case .uint64(let value): number = Double(value)
            case .int64(let value): number = Double(value)
            default: number = .nan
            }
            #expect(number == candidate.value)
        }
    }
}
