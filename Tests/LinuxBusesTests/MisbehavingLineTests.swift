import Buses
import LinuxBuses
import Platform
import TestSupport
import Telemetry
import Testing

/// A line on which much goes wrong: whatever comes, and whenever, a value is the answer to its own
/// request or there is none.
@Suite struct MisbehavingLineTests {
    /// A device whose registers tell its unit and their address and table.
    private static func device(_ unit: UInt8) -> ScriptedDevice {
        var device = ScriptedDevice.addresses(count: 200)
        for address in 0..<200 {
            device.holdingRegisters[address] = holding(unit, address)
            device.inputRegisters[address] = holding(unit, address) + 500
        }
        return device
    }

    private static func holding(_ unit: UInt8, _ address: Int) -> UInt16 {
        UInt16(unit) * 1000 + UInt16(address)
    }

    private static func line(
        _ units: ClosedRange<UInt8> = 1...3,
        misbehave: @escaping @Sendable (Int) -> SerialLine.Fault? = { _ in nil }
    ) throws -> SerialLine {
        try SerialLine(
            devices: Dictionary(uniqueKeysWithValues: units.map { ($0, device($0)) }),
            misbehave: misbehave)
    }

    // MARK: At random

    /// What goes wrong with the answer to this request, if anything.
    private static func fault(seed: UInt64, request: Int) -> SerialLine.Fault? {
        var random = SplitMix(seed: seed &* 1_000_003 &+ UInt64(request))
        guard Int.random(in: 0..<4, using: &random) == 0 else { return nil }
        let noise = (0..<Int.random(in: 1...40, using: &random)).map { _ in
            UInt8.random(in: 0 ... .max, using: &random)
        }
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: return .late(.milliseconds(Int.random(in: 1...80, using: &random)))
        case 3: return .twice(.zero)
        case 4: return .truncated(Int.random(in: 1...4, using: &random))
        case 5: return .noise(noise)
        case 6: return .noiseBefore(noise)
        case 7: return .otherUnit(77)
        default: return .flippedBit(Int.random(in: 0..<1000, using: &random))
        }
    }

    /// Three thousand exchanges, of which each fourth goes wrong; late answers come up to four
    /// time-outs late, in the midst of whatever is asked then.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func neverAWrongValue(seed: UInt64) async throws {
        let line = try Self.line { Self.fault(seed: seed, request: $0) }
        let bus = rtuBus(
            line.path, responseTimeout: .milliseconds(20), leastTimeout: .milliseconds(3))
        var random = SplitMix(seed: seed)
        var (right, failed) = (0, 0)
        for _ in 0..<500 {
            let unit = UInt8.random(in: 1...3, using: &random)
            // Beyond address 200 the device refuses.
            let isThere = Int.random(in: 0..<6, using: &random) > 0
            let address = Int.random(in: isThere ? 0..<190 : 500..<600, using: &random)
            let count = [1, 2, 2, 2, 7].randomElement(using: &random) ?? 2
            let isHolding = Bool.random(using: &random)
            let expected = (address..<address + count).map {
                Self.holding(unit, $0) + (isHolding ? 0 : 500)
            }
            let operation: ModbusRequest.Operation =
                isHolding
                ? .readHoldingRegisters(address: UInt16(address), count: count)
                : .readInputRegisters(address: UInt16(address), count: count)
            do throws(BusError) {
                let values = try await bus.registers(operation, unit: unit)
                #expect(isThere && values == expected)
                right += 1
            } catch {
                let refused = error.code == .exception(2)
                let failures: [BusError.Code] = [.timeout, .corrupt, .checksum]
                #expect(refused ? !isThere : failures.contains(error.code), "\(error.message)")
                failed += 1
            }
        }
        #expect(right > 200, "\(right) right, \(failed) failed: the line was of little use")
        #expect(failed > 50, "\(failed) failed: little went wrong")
    }

    // MARK: One by one

    /// The answer to one request arrives while the next, of the same shape, would be waited for.
    @Test func lateAnswerIsNeverAnothers() async throws {
        let line = try Self.line()
        let bus = rtuBus(
            line.path, responseTimeout: .milliseconds(15), leastTimeout: .milliseconds(5))
        for _ in 0..<10 {
            line.setFault(.held, of: 1)
            #expect(await outcome(bus, 10).code == .timeout)
            line.setFault(nil, of: 1)
            var outcomes: [[UInt16]] = []
            for _ in 0..<40 where outcomes.isEmpty {
                if case .success(let values) = await outcome(bus, 50) { outcomes.append(values) }
            }
            #expect(outcomes == [[1050, 1051]])
        }
    }

    /// An answer that comes late while another unit is asked does not cost that one's answer.
    @Test func lateAnswerIsPassedOverForAnotherUnit() async throws {
        let line = try Self.line()
        let bus = rtuBus(
            line.path, responseTimeout: .milliseconds(300), leastTimeout: .milliseconds(300))
        line.setFault(.held, of: 1)
        #expect(await outcome(bus, 10).code == .timeout)
        let other = await outcome(bus, 20, unit: 2, responseTimeout: patience)
        #expect(other == .success([2020, 2021]))
    }

    /// A refusal that may be that of a request before is not taken for the present one's.
    @Test func lateRefusalIsNotTaken() async throws {
        let line = try Self.line()
        let bus = rtuBus(
            line.path, responseTimeout: .milliseconds(100), leastTimeout: .milliseconds(100))
        line.setFault(.held, of: 1)
        #expect(await outcome(bus, 5000).code == .timeout)
        line.setFault(nil, of: 1)
        let three = await outcome(bus, 50, count: 3, responseTimeout: patience)
        #expect(three == .success([1050, 1051, 1052]))
    }

    /// The second answer comes in the silence before the next request. A wrong value never comes of
    /// it; that it costs nothing either takes a machine that looks at each answer in time.
    @Test func secondAnswerIsThrownAway() async throws {
        let line = try Self.line { $0 % 2 == 0 ? .twice(.milliseconds(60)) : nil }
        let bus = rtuBus(line.path)
        var right = 0
        for _ in 0..<5 where right < 6 {
            right = 0
            for address in UInt16(0)..<12 where await isRight(address, on: bus) { right += 1 }
        }
        #expect(right >= 6)
    }

    /// Whether a register comes with its value; else both answers were there before the first was
    /// looked at.
    private func isRight(_ address: UInt16, on bus: ModbusRTUBus) async -> Bool {
        let request = ModbusRequest(
            unit: 1, .readHoldingRegisters(address: address, count: 1), pause: .milliseconds(200))
        do throws(BusError) {
            #expect(try await bus.transfer(request) == .registers([1000 + address]))
            return true
        } catch {
            #expect(error.code == .corrupt)
            return false
        }
    }

    @Test(
        arguments: [
            (.truncated(1), .checksum), (.truncated(6), .checksum),
            (.noise([1, 3, 4, 9, 9, 9, 9, 9, 9]), .checksum), (.noise([1, 3, 6, 1]), .checksum),
            (.flippedBit(3), .checksum), (.flippedBit(40), .checksum), (.flippedBit(70), .checksum),
            (.otherUnit(2), .corrupt), (.twice(.zero), .corrupt), (.mute, .timeout),
            (.noiseBefore([1, 3, 4]), .checksum),
        ] as [(SerialLine.Fault, BusError.Code)])
    func faultBringsNoValue(_ fault: SerialLine.Fault, _ code: BusError.Code) async throws {
        let line = try Self.line()
        let bus = rtuBus(
            line.path, responseTimeout: .milliseconds(200), leastTimeout: patience)
        line.setFault(fault, of: 1)
        #expect(await outcome(bus, 10).code == code)
        line.setFault(nil, of: 1)
        let next = await outcome(bus, 20, responseTimeout: patience)
        #expect(next == .success([1020, 1021]))
    }

    /// What drivers leave on the line when they are switched on and off.
    @Test(
        arguments: [.noiseBefore([0]), .noiseBefore([0, 0xFF]), .noiseAfter([0])]
            as [SerialLine.Fault])
    func switchingNoiseIsPassedOver(_ fault: SerialLine.Fault) async throws {
        let line = try Self.line()
        let bus = rtuBus(line.path)
        line.setFault(fault, of: 1)
        for address in UInt16(0)..<5 {
            #expect(await outcome(bus, address) == .success([1000 + address, 1001 + address]))
        }
    }

    /// A write of several values is confirmed by address and count alone: a late confirmation is
    /// not taken for that of other values.
    @Test func lateConfirmationIsNotTaken() async throws {
        let line = try Self.line()
        let bus = rtuBus(
            line.path, responseTimeout: .milliseconds(100), leastTimeout: .milliseconds(100))
        line.setFault(.held, of: 1)
        await #expect(throws: BusError.self) {
            try await bus.write(.writeRegisters(address: 5, values: [1, 2]), unit: 1)
        }
        line.setFault(nil, of: 1)
        try await bus.write(
            .writeRegisters(address: 5, values: [3, 4]), unit: 1, responseTimeout: patience)
        #expect(await outcome(bus, 5, responseTimeout: patience) == .success([3, 4]))
        #expect(line.counts.requests == 4)
    }

    /// How long what is to be right may take on a busy machine.
    private let patience = Duration.seconds(5)

    /// How a read of holding registers ends.
    private func outcome(
        _ bus: ModbusRTUBus, _ address: UInt16, count: Int = 2, unit: UInt8 = 1,
        responseTimeout: Duration? = nil
    ) async -> Result<[UInt16], BusError> {
        do throws(BusError) {
            return .success(
                try await bus.registers(
                    .readHoldingRegisters(address: address, count: count), unit: unit,
                    responseTimeout: responseTimeout))
        } catch {
            return .failure(error)
        }
    }
}
