import Buses
import TestSupport
import Testing

@testable import Drivers

/// Chains of models that no device should have, and devices that change.
@Suite struct SunSpecChainTests {
    private static let mark: [UInt16] = [0x5375, 0x6E53]

    /// A device whose holding registers begin with these.
    private func device(_ words: [UInt16], padded: Int = 0) -> ScriptedModbusBus {
        let padding = [UInt16](repeating: 0, count: padded)
        return ScriptedModbusBus([1: ScriptedDevice(holdingRegisters: words + padding)])
    }

    private func chain(_ bus: ScriptedModbusBus) async throws -> SunSpecChain? {
        try await SunSpecDiscovery(HoldingReader(bus: bus, unit: 1)).chain()
    }

    @Test func aChainEndsWhereItMakesNoSense() async throws {
        let whole: [UInt16] = [1, 1, 7]
        let ends: [[UInt16]] = [
            [0xFFFF, 0], [0xFFFF], [], [0, 0], [103, 0xFFFF], [103, 0xFFFA], [5],
        ]
        for end in ends {
            let found = try #require(try await chain(device(Self.mark + whole + end)))
            #expect(found.links == [.init(id: 1, address: 2, length: 3)], "\(end)")
        }
        #expect(try await chain(device(Self.mark))?.links == [])
    }

    @Test func modelsWithoutRegistersDoNotGoOnForEver() async throws {
        let empty = [UInt16](repeating: 7, count: 2000).enumerated().map { $0 % 2 == 0 ? $1 : 0 }
        let bus = device(Self.mark + empty)
        let found = try #require(try await chain(bus))
        #expect(found.links.count == SunSpecDiscovery.mostModels)
        #expect(await bus.requests.count <= SunSpecDiscovery.mostModels + 3)
    }

    @Test func aChainMayReachToTheLastRegister() async throws {
        var words = [UInt16](repeating: 0, count: 65536)
        words.replaceSubrange(40000..<40004, with: Self.mark + [9, UInt16(65536 - 40004)])
        let found = try #require(try await chain(device(words)))
        #expect(found.base == 40000)
        #expect(found.links == [.init(id: 9, address: 40002, length: 65534 - 40000)])
        words[40003] += 1
        #expect(try await chain(device(words))?.links == [])
    }

    @Test func aDeviceWithoutTheMarkHasNoChain() async throws {
        #expect(try await chain(device([0x5375, 0x6E54, 1, 1])) == nil)
        #expect(try await chain(device([])) == nil)
        #expect(try await chain(device([0x5375])) == nil)
    }

    @Test func silenceIsNoMissingMark() async throws {
        let bus = ScriptedModbusBus()
        await #expect(throws: BusError.self) { try await chain(bus) }
        #expect(await bus.requests.count == 1)
    }

    /// Whatever registers a device has: no trap, and a bounded number of requests.
    @Test(arguments: 0..<200) func anyRegistersAreSurvived(seed: Int) async throws {
        var generator = SplitMix(seed: UInt64(seed))
        let small = Bool.random(using: &generator)
        let words = (0..<Int.random(in: 0...3000, using: &generator)).map { _ in
            UInt16.random(in: 0...(small ? 20 : .max), using: &generator)
        }
        let bus = device(Self.mark + words)
        let links = try #require(try await chain(bus)).links
        #expect(links.allSatisfy { $0.address + $0.length <= 65536 })
        #expect(await bus.requests.count <= SunSpecDiscovery.mostModels + 4)
    }

    // MARK: The driver

    /// An inverter of 50 registers at this distance from the mark, its power at 2,840 W.
    private func inverter(behind filler: Int, power: UInt16 = 284) -> [UInt16] {
        var model = [UInt16](repeating: 0xFFFF, count: 52)
        (model[0], model[1]) = (103, 50)
        (model[14], model[15]) = (power, 1)
        return Self.mark + [7, UInt16(filler)] + [UInt16](repeating: 0, count: filler) + model
            + [0xFFFF, 0]
    }

    private let power = "103#1 ac-power"

    @Test func readsAModelInOneRequest() async throws {
        let bus = device(inverter(behind: 3))
        let fixture = SunSpecFixture(bus: bus, models: [.model(103)])
        #expect(await fixture.poll().values[power] == .double(2840))
        await bus.forgetRequests()
        #expect(await fixture.poll().values[power] == .double(2840))
        #expect(
            await bus.requests.map(\.operation) == [.readHoldingRegisters(address: 7, count: 52)])
    }

    /// A device that comes back with another layout is found again, and no register of the old
    /// layout is taken for a value.
    @Test func aModelThatMovedIsFoundAgain() async throws {
        let bus = device(inverter(behind: 3), padded: 200)
        let fixture = SunSpecFixture(bus: bus, models: [.model(103)])
        #expect(await fixture.poll().values[power] == .double(2840))
        await bus.change(1) { [words = inverter(behind: 60, power: 100)] in
            $0.holdingRegisters = words + [UInt16](repeating: 0, count: 200)
        }
        #expect(await fixture.poll().qualities[power] == .corrupt)
        #expect(await fixture.poll().values[power] == .double(1000))
    }

    @Test func aDeviceThatWasAwayIsWalkedAgain() async throws {
        let bus = device(inverter(behind: 3))
        let fixture = SunSpecFixture(bus: bus, models: [.model(103)])
        _ = await fixture.poll()
        await bus.fail(BusError(.timeout, "no answer"))
        #expect(await fixture.poll().qualities[power] == .timeout)
        await bus.forgetRequests()
        #expect(await fixture.poll().values[power] == .double(2840))
        #expect(await bus.requests.count > 1)
    }

    @Test func aMissingModelIsNotAvailableAndCostsTheOthersNothing() async throws {
        let bus = device(inverter(behind: 3))
        let fixture = SunSpecFixture(bus: bus, models: [.model(802), .model(103), .model(103, 2)])
        let outcome = await fixture.poll()
        #expect(outcome.values[power] == .double(2840))
        #expect(outcome.qualities["802#1 battery-power"] == .notAvailable)
        #expect(outcome.qualities["103#2 ac-power"] == .notAvailable)
        #expect(
            outcome.failures.map(\.message) == [
                "unit 1 has no SunSpec model 802; it has 7, 103",
                "unit 1 has no SunSpec model 103 number 2; it has 7, 103",
            ])
        #expect(await fixture.poll().failures.isEmpty)
    }

    /// One time-out a poll is enough.
    @Test func aMuteDeviceIsAskedOnce() async throws {
        let bus = ScriptedModbusBus()
        let fixture = SunSpecFixture(bus: bus, models: [.model(103), .model(203)])
        let outcome = await fixture.poll()
        #expect(Set(outcome.qualities.values) == [.timeout])
        #expect(await bus.requests.count == 1)
    }

    @Test func aFactorThatMakesNoSenseGivesNoValue() async throws {
        for factor in [UInt16(0x8000), 11, 0xFFF5, 0x7FFF] {
            var words = inverter(behind: 3)
            words[7 + 15] = factor
            let outcome = await SunSpecFixture(bus: device(words), models: [.model(103)]).poll()
            #expect(outcome.qualities[power] == .notAvailable)
        }
    }
}
