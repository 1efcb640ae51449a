import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// What a device that refuses or ignores requests costs its line and its own points.
@Suite struct RefusingDeviceTests {
    private let clock = ManualClock()

    private func scene(
        _ addresses: [Int], gap: Int = 125, _ change: (inout ScriptedDevice) -> Void
    ) -> RegisterScene {
        var device = ScriptedDevice.addresses(count: 400)
        change(&device)
        return RegisterScene(
            device, maximumGap: gap, clock: clock,
            addresses.map {
                RegisterMapDriver.Register(
                    name: "p\($0)", table: .holding, address: UInt16($0),
                    codec: RegisterCodec(type: .uint16, order: .abcd, registers: 1))
            })
    }

    /// The requests of one poll, and its samples.
    private func poll(
        _ scene: RegisterScene, every interval: Duration = .seconds(1)
    ) async -> (requests: Int, samples: [Sample]) {
        await scene.bus.forgetRequests()
        let samples = await scene.poll()
        clock.advance(by: interval)
        return (await scene.bus.requests.count, samples)
    }

    /// However much is missing, no poll needs many requests more than the one before.
    @Test func theSearchGrowsSlowly() async {
        let scene = scene(Array(0..<140)) { $0.missingRegisters = Set(0..<140) }
        var before = await poll(scene).requests
        #expect(before == 2)
        for _ in 0..<80 {
            let requests = await poll(scene).requests
            // Two cuts, one refused register tried again, one doubt settled.
            #expect(requests <= before + RegisterPlan.cutsPerPoll + 2)
            before = requests
        }
        // In the end only refused registers are tried again, one a poll.
        for _ in 0..<140 { _ = await poll(scene, every: .seconds(20)) }
        for _ in 0..<50 { #expect(await poll(scene).requests <= 1) }
    }

    /// A device that refuses everything while it starts is read as before soon afterwards: with as
    /// many requests, and nothing is remembered against it.
    @Test func aRefusalForAWhileIsForgotten() async {
        let scene = scene(Array(stride(from: 0, to: 60, by: 3))) { $0.refusal = 2 }
        for _ in 0..<20 { _ = await poll(scene) }
        await scene.bus.change(RegisterScene.unit) { $0.refusal = nil }
        for _ in 0..<60 { _ = await poll(scene) }
        let (requests, samples) = await poll(scene)
        #expect(Set(samples.map(\.quality)) == [.good])
        #expect(requests == 1)
    }

    /// The firmware update that brings a register is noticed within ten minutes.
    @Test func aRegisterThatAppearsIsRead() async {
        let scene = scene([10, 11, 12]) { $0.missingRegisters = [11] }
        for _ in 0..<200 { _ = await poll(scene, every: .seconds(10)) }
        await scene.bus.change(RegisterScene.unit) { $0.missingRegisters = [] }
        for _ in 0..<61 { _ = await poll(scene, every: .seconds(10)) }
        let (requests, samples) = await poll(scene)
        #expect(Set(samples.map(\.quality)) == [.good])
        #expect(requests == 1)
    }

    /// Some devices ignore requests for what they do not have. The other points are read, and the
    /// line is not held up each time.
    @Test func aRequestThatIsIgnoredSpoilsNoOther() async {
        let scene = scene([0, 200, 300], gap: 10) { $0.silentRegisters = [0] }
        #expect(await poll(scene).samples.map(\.quality) == [.timeout, .timeout, .timeout])
        for _ in 0..<SilentBlocks.patience {
            #expect(await poll(scene).samples.map(\.quality) == [.timeout, .good, .good])
        }
        var ignored = 0
        for _ in 0..<600 {
            let (requests, samples) = await poll(scene)
            #expect(samples.map(\.quality) == [.timeout, .good, .good])
            ignored += requests - 2
        }
        #expect((1...7).contains(ignored))
        await scene.bus.change(RegisterScene.unit) { $0.silentRegisters = [] }
        for _ in 0..<61 { _ = await poll(scene, every: .seconds(10)) }
        #expect(Set(await poll(scene).samples.map(\.quality)) == [.good])
    }

    /// A device that is wholly silent costs one time-out a poll, and is read at once when it is back.
    @Test func aMuteDeviceCostsOneTimeoutAPoll() async {
        let scene = scene([0, 200, 300], gap: 10) { $0.isMute = true }
        for _ in 0..<20 { #expect(await poll(scene).requests == 1) }
        await scene.bus.change(RegisterScene.unit) { $0.isMute = false }
        #expect(Set(await poll(scene).samples.map(\.quality)) == [.good])
    }
}
