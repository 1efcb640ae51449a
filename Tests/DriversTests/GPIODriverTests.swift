import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// The `gpio` driver on lines in memory; the lab has the real ones (LabTests).
@Suite struct GPIODriverTests {
    private func good(_ value: Value, _ milliseconds: Double, channel: Int = 0) -> Sample {
        Sample(
            channel: channel, value: value, quality: .good, instant: GPIOScene.at(milliseconds))
    }

    private func bad(_ quality: Quality, _ milliseconds: Double, channel: Int = 0) -> Sample {
        Sample(
            channel: channel, value: nil, quality: quality, instant: GPIOScene.at(milliseconds))
    }

    private let lost = BusError(.disconnected, "the chip is gone")

    // MARK: Contacts

    @Test func aContactTellsItsStateAndEachChangeWithTheKernelsStamp() async {
        let scene = GPIOScene(["door": false], [.door()])
        #expect(await scene.collect(at: 0) == [good(.bool(false), 0)])
        await scene.bank.move("door", GPIOScene.edges([5, 6, 7.5]))
        #expect(
            await scene.collect(at: 10) == [
                good(.bool(true), 5), good(.bool(false), 6), good(.bool(true), 7.5),
            ])
        #expect(await scene.collect(at: 11) == [])
        #expect(await scene.poll(at: 60_000) == [good(.bool(true), 60_000)])
    }

    @Test func thirtyBouncesAreOneChange() async {
        let scene = GPIOScene(["door": false], [.door(debounce: .milliseconds(25))])
        _ = await scene.collect(at: 0)
        // 30 changes within 20 ms; the last is back to active.
        let bounces = (0..<29).map { 100 + Double($0) * 0.7 }
        await scene.bank.move("door", GPIOScene.edges(bounces))
        #expect(await scene.collect(at: 121) == [])
        #expect(await scene.wakeTime == GPIOScene.at(bounces[28] + 25))
        #expect(await scene.collect(at: 145) == [good(.bool(true), bounces[28])])
        #expect(await scene.wakeTime == .latest)
    }

    @Test func aGlitchThatDoesNotHoldIsNoChange() async {
        let scene = GPIOScene(["door": false], [.door(debounce: .milliseconds(20))])
        _ = await scene.collect(at: 0)
        await scene.bank.move("door", GPIOScene.edges([100, 105]))
        #expect(await scene.collect(at: 200) == [])
        #expect(await scene.poll(at: 300) == [good(.bool(false), 300)])
    }

    @Test func twoChangesFarApartAreTwoThoughTheyComeTogether() async {
        let scene = GPIOScene(["door": false], [.door(debounce: .milliseconds(20))])
        _ = await scene.collect(at: 0)
        await scene.bank.move("door", GPIOScene.edges([100, 103, 104, 150, 151, 152]))
        #expect(
            await scene.collect(at: 500) == [good(.bool(true), 104), good(.bool(false), 152)])
    }

    @Test func aBankThatDebouncesIsLeftToIt() async {
        let scene = GPIOScene(
            ["door": false], debounces: true, [.door(debounce: .milliseconds(20))])
        _ = await scene.collect(at: 0)
        await scene.bank.move("door", GPIOScene.edges([100]))
        #expect(await scene.collect(at: 100) == [good(.bool(true), 100)])
        #expect(
            await scene.bank.claims.map(\.direction) == [
                .input(.both, debounce: .milliseconds(20))
            ])
    }

    // MARK: Losses

    @Test(arguments: [EdgeReport.Loss.exactly(7), .possible])
    func lostEdgesAreAGap(loss: EdgeReport.Loss) async {
        let scene = GPIOScene(["door": false], [.door()])
        _ = await scene.collect(at: 0)
        await scene.bank.move("door", GPIOScene.edges([10]), loss: loss)
        #expect(
            await scene.collect(at: 20) == [bad(.eventsLost, 10), good(.bool(true), 10)])
    }

    @Test func twoEdgesTheSameWayAreAGap() async {
        let scene = GPIOScene(["door": false], [.door()])
        _ = await scene.collect(at: 0)
        await scene.bank.move("door", GPIOScene.edges([10]) + GPIOScene.edges([12]))
        #expect(
            await scene.collect(at: 20) == [
                good(.bool(true), 10), bad(.eventsLost, 12), good(.bool(true), 12),
            ])
    }

    @Test func anEdgeFromBeforeTheStateWasReadSaysNothing() async {
        let scene = GPIOScene(["door": false], [.door()])
        await scene.bank.move("door", GPIOScene.edges([-1]))
        #expect(await scene.collect(at: 0) == [good(.bool(true), 0)])
    }

    @Test func aLevelWithoutItsEdgeIsAGapAfterAWhile() async {
        let scene = GPIOScene(["door": false], [.door()])
        _ = await scene.collect(at: 0)
        await scene.bank.set("door", to: true)
        #expect(await scene.poll(at: 1000) == [good(.bool(false), 1000)])
        #expect(await scene.wakeTime == GPIOScene.at(1050))
        #expect(
            await scene.collect(at: 1050) == [bad(.eventsLost, 1050), good(.bool(true), 1050)])
        #expect(await scene.poll(at: 2000) == [good(.bool(true), 2000)])
    }

    @Test func aLevelWhoseEdgeIsOnItsWayIsNone() async {
        let scene = GPIOScene(["door": false], [.door()])
        _ = await scene.collect(at: 0)
        await scene.bank.set("door", to: true)
        _ = await scene.poll(at: 1000)
        await scene.bank.move("door", GPIOScene.edges([999.9]))
        #expect(await scene.collect(at: 1001) == [good(.bool(true), 999.9)])
        #expect(await scene.collect(at: 1050) == [])
    }

    @Test func aLineThatIsLostSaysSoOnceAndWithEachPoll() async {
        let scene = GPIOScene(["door": false], [.door(), .count("door")])
        _ = await scene.collect(at: 0)
        await scene.bank.fail("door", lost)
        let both = [bad(.disconnected, 1), bad(.disconnected, 1, channel: 1)]
        #expect(await scene.collect(at: 1) == both)
        #expect(await scene.collect(at: 2) == [])
        #expect(await scene.poll(at: 3).map(\.quality) == [.disconnected, .disconnected])
        await scene.bank.fail("door", nil)
        #expect(
            await scene.collect(at: 4) == [
                good(.bool(false), 4), bad(.eventsLost, 4, channel: 1),
            ])
    }

    // MARK: Chatter

    @Test func aLineThatChattersIsLimitedAndSaysSo() async {
        let scene = GPIOScene(["door": false], [.door(changes: 2)])
        _ = await scene.collect(at: 0)
        // 500 changes within a second, 20 of which have room.
        for start in stride(from: 0.0, to: 1000, by: 100) {
            let times = (0..<50).map { start + 1 + Double($0) * 2 }
            await scene.bank.move("door", GPIOScene.edges(times))
        }
        let samples = await scene.collect(at: 1000)
        #expect(samples.filter(\.quality.isGood).count == 20)
        #expect(samples.last?.quality == .chattering)
        #expect(samples.filter { $0.quality == .chattering }.count == 1)
        #expect(await scene.messages.count == 1)
        #expect(await scene.poll(at: 1001) == [bad(.chattering, 1001)])
        // Room for half of the burst has to come back: ten changes at two a second.
        #expect(await scene.collect(at: 5900) == [])
        #expect(await scene.collect(at: 6100) == [good(.bool(false), 6100)])
        #expect(
            await scene.messages.last
                == "the line door is quiet again: 480 changes were left out in 6 s")
    }

    // MARK: Pulses

    @Test func pulsesAreCountedAndScaled() async {
        let memory = CountMemory()
        let scene = GPIOScene(
            ["s0": false], memory: memory,
            [.count("s0"), .count("s0", perUnit: 1000), .rate("s0", perUnit: 1000, seconds: 3600)])
        #expect(await scene.collect(at: 0) == [])
        // One pulse every 2 s: 1.8 kW at 1000 pulses a kWh.
        for second in stride(from: 2.0, through: 20, by: 2) {
            await scene.bank.move(
                "s0", [Edge(isActive: true, at: GPIOScene.at(second * 1000))])
        }
        #expect(
            await scene.poll(at: 20_500) == [
                good(.uint64(10), 20_500), good(.double(0.01), 20_500, channel: 1),
                good(.double(1.8), 20_500, channel: 2),
            ])
        #expect(memory.count(named: "point-0") == 10)
        // Without a pulse for 8 s there is less than one in 8 s.
        #expect(await scene.poll(at: 28_000).last == good(.double(0.45), 28_000, channel: 2))
        #expect(await scene.poll(at: 3_700_000).last == good(.double(0), 3_700_000, channel: 2))
        #expect(await scene.bank.claims.map(\.direction) == [.input(.rising, debounce: .zero)])
    }

    @Test func aCountGoesOnAfterARestartWithAGap() async {
        let memory = CountMemory(["point-0": 4711])
        let scene = GPIOScene(["s0": false], memory: memory, [.count("s0")])
        #expect(await scene.collect(at: 0) == [bad(.eventsLost, 0)])
        await scene.bank.move("s0", [Edge(isActive: true, at: GPIOScene.at(5))])
        #expect(await scene.poll(at: 10) == [good(.uint64(4712), 10)])
    }

    @Test func pulsesThatTheKernelNumberedAreCountedThoughTheirEdgesAreLost() async {
        let scene = GPIOScene(["s0": false], [.count("s0")])
        _ = await scene.collect(at: 0)
        await scene.bank.move(
            "s0", [Edge(isActive: true, at: GPIOScene.at(5))], loss: .exactly(99))
        #expect(await scene.poll(at: 10) == [good(.uint64(100), 10)])
        await scene.bank.move("s0", [Edge(isActive: true, at: GPIOScene.at(15))], loss: .possible)
        #expect(await scene.poll(at: 20) == [bad(.eventsLost, 15), good(.uint64(101), 20)])
    }

    // MARK: Outputs

    @Test func anOutputIsDrivenAndReadBack() async throws {
        let scene = GPIOScene(["relay": true], [.relay(initial: false)])
        #expect(await scene.collect(at: 0) == [good(.bool(false), 0)])
        #expect(try await scene.write(.string("on"), to: 0) == .bool(true))
        #expect(await scene.poll(at: 1) == [good(.bool(true), 1)])
        #expect(await scene.bank.driven == [true])
        await #expect(throws: DriverError.self) { try await scene.write(.string("up"), to: 0) }
        await scene.bank.hold("relay")
        await #expect(throws: DriverError.self) { try await scene.write(.bool(false), to: 0) }
    }

    @Test func aPulseEnds() async throws {
        let scene = GPIOScene(["relay": false], [.relay(pulse: .milliseconds(500))])
        _ = await scene.collect(at: 0)
        _ = try await scene.write(.bool(true), to: 0)
        #expect(await scene.wakeTime == GPIOScene.at(500))
        #expect(await scene.collect(at: 499) == [])
        #expect(await scene.collect(at: 500) == [good(.bool(false), 500)])
        #expect(await scene.wakeTime == .latest)
        #expect(await scene.bank.driven == [true, false])
    }

    @Test func aPulseEndsThoughItsLineWasLostMeanwhile() async throws {
        let scene = GPIOScene(["relay": false], [.relay(pulse: .milliseconds(500))])
        _ = await scene.collect(at: 0)
        _ = try await scene.write(.bool(true), to: 0)
        await scene.bank.fail("relay", lost)
        #expect(await scene.collect(at: 500) == [bad(.disconnected, 500)])
        await scene.bank.fail("relay", nil)
        #expect(await scene.collect(at: 5500) == [good(.bool(false), 5500)])
    }

    @Test func aWriteThatFailsIsNotDoneLater() async throws {
        let scene = GPIOScene(["relay": false], [.relay()])
        _ = await scene.collect(at: 0)
        await scene.bank.fail("relay", lost)
        await #expect(throws: DriverError.self) { try await scene.write(.bool(true), to: 0) }
        #expect(await scene.poll(at: 1) == [bad(.disconnected, 1)])
        await scene.bank.fail("relay", nil)
        #expect(await scene.collect(at: 5001) == [good(.bool(false), 5001)])
    }

    @Test func aLineThatCouldNotBeHadIsAskedForAgain() async {
        let scene = GPIOScene(["door": false, "relay": false], [.door(), .relay()])
        await scene.bank.fail("door", lost)
        await scene.bank.fail("relay", lost)
        #expect(await scene.poll(at: 0).map(\.quality) == [.disconnected, .disconnected])
        #expect(await scene.wakeTime == GPIOScene.at(5000))
        await scene.bank.fail("door", nil)
        await scene.bank.fail("relay", nil)
        #expect(
            await scene.collect(at: 5000) == [
                good(.bool(false), 5000), good(.bool(false), 5000, channel: 1),
            ])
        #expect(await scene.wakeTime == .latest)
    }

    @Test func anOutputThatWasLostIsDrivenAgainAsItWas() async throws {
        let scene = GPIOScene(["relay": false], [.relay()])
        _ = await scene.collect(at: 0)
        _ = try await scene.write(.bool(true), to: 0)
        await scene.bank.fail("relay", lost)
        #expect(await scene.poll(at: 1) == [bad(.disconnected, 1)])
        await scene.bank.fail("relay", nil)
        await scene.bank.set("relay", to: false)
        #expect(await scene.collect(at: 2) == [good(.bool(true), 2)])
    }

    @Test func anInputIsNotWritable() async {
        let scene = GPIOScene(["door": false], [.door()])
        await #expect(throws: DriverError.self) { try await scene.write(.bool(true), to: 0) }
    }
}
