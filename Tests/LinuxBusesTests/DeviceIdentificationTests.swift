import Buses
import TestSupport
import Testing

@testable import LinuxBuses

/// Function 43, type 14: what devices may answer, and what no device should.
@Suite struct DeviceIdentificationTests {
    private let request = ModbusRequest(unit: 5, .readDeviceIdentification(.regular, from: 0))

    private func answer(_ bytes: [UInt8]) throws -> DeviceIdentification {
        let response = try ModbusFrame.response(bytes[...], to: request)
        guard case .identification(let identification) = response else {
            throw BusError(.corrupt, "\(response)")
        }
        return identification
    }

    /// The specification's own example (Modbus Application Protocol V1.1b3, section 6.21), with a
    /// second part announced.
    private let example: [UInt8] =
        [5, 0x2B, 0x0E, 0x01, 0x01, 0xFF, 0x02, 0x02, 0x00, 0x16]
        + Array("Company identification".utf8) + [0x01, 0x0D] + Array("Product code ".utf8)

    @Test func readsTheSpecificationsExample() throws {
        let identification = try answer(example)
        #expect(identification.objects == [0: "Company identification", 1: "Product code"])
        #expect(identification.next == 2)
    }

    @Test func theRequestIsAsTheSpecificationHasIt() {
        var bytes: [UInt8] = []
        ModbusFrame.append(request, to: &bytes)
        #expect(bytes == [5, 0x2B, 0x0E, 0x02, 0x00])
    }

    /// Every beginning of an answer is none, and so is one with a byte more.
    @Test func aCutOrLongerAnswerIsNone() {
        for length in 0..<example.count {
            #expect(throws: ModbusFrame.Unanswered.self) {
                try answer(Array(example.prefix(length)))
            }
        }
        #expect(throws: ModbusFrame.Unanswered.self) { try answer(example + [0]) }
    }

    /// Text cannot steer a terminal or end a line of a configuration.
    @Test func controlCharactersAreBlanks() throws {
        let text: [UInt8] = [0x1B, 0x5B, 0x32, 0x4A, 0x0A, 0x41, 0xFF, 0x42]
        let identification = try answer([5, 0x2B, 0x0E, 1, 1, 0, 0, 1, 0, 8] + text)
        #expect(identification.objects == [0: "[2J A B"])
        #expect(identification.next == nil)
    }

    /// A device that always announces more is not asked for ever.
    @Test func theNextObjectLiesBehindTheFirst() throws {
        let later = ModbusRequest(unit: 5, .readDeviceIdentification(.regular, from: 4))
        for next in [UInt8(0), 3, 4] {
            let bytes: [UInt8] = [5, 0x2B, 0x0E, 1, 1, 0xFF, next, 0]
            let response = try ModbusFrame.response(bytes[...], to: later)
            #expect(response == .identification(DeviceIdentification(objects: [:], next: nil)))
        }
    }

    @Test func aRefusalIsOne() {
        #expect(throws: ModbusFrame.Unanswered.self) { try answer([5, 0xAB, 1]) }
    }

    /// Whatever bytes come: no trap, and on a serial line a bounded length.
    @Test(arguments: 0..<500) func anyBytesAreSurvived(seed: Int) {
        var generator = SplitMix(seed: UInt64(seed))
        var bytes: [UInt8] = [
            5, 0x2B, 0x0E, 1, 1, 0, 0, UInt8.random(in: 0...255, using: &generator),
        ]
        bytes += (0..<Int.random(in: 0...250, using: &generator)).map { _ in
            UInt8.random(in: 0...(seed % 2 == 0 ? 9 : 255), using: &generator)
        }
        let identification = try? answer(bytes)
        for length in 3...bytes.count {
            guard let expected = RTUFrame.length(bytes[..<length]) else { continue }
            #expect((RTUFrame.shortest...RTUFrame.longest).contains(expected))
        }
        // A serial line ends where the answer does: with its checksum.
        if identification != nil, bytes.count <= 254 {
            #expect(RTUFrame.length(bytes[...]) == bytes.count + 2)
        }
    }
}
