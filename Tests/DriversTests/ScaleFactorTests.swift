import Buses
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Points whose power of ten is in a register of its own, polled over a scripted bus.
@Suite struct ScaleFactorTests {
    private func scene(
        _ words: [UInt16], _ points: [(address: UInt16, factor: UInt16?)]
    ) -> RegisterScene {
        RegisterScene(
            ScriptedDevice(holdingRegisters: words), maximumGap: 2,
            points.map { point in
                RegisterMapDriver.Register(
                    name: "p\(point.address)", table: .holding, address: point.address,
                    codec: RegisterCodec(type: .int16, order: .abcd, registers: 1),
                    scaleFactor: point.factor)
            })
    }

    private static func words(_ count: Int, _ changed: [Int: UInt16]) -> [UInt16] {
        (0..<count).map { changed[$0] ?? 0 }
    }

    @Test func pointAndFactorInOneAnswer() async {
        let scene = self.scene([2301, 2302, 0xFFFF, 42], [(0, 2), (1, 2), (3, nil)])
        let samples = await scene.poll()
        #expect(samples.map(\.value) == [.double(230.1), .double(230.2), .int64(42)])
        #expect(samples.map(\.quality) == [.good, .good, .good])
        #expect(
            await scene.bus.requests.map(\.operation) == [
                .readHoldingRegisters(address: 0, count: 4)
            ])
    }

    /// The factor's block may come before or behind that of the point.
    @Test(arguments: [(100, 0), (0, 100)])
    func pointAndFactorInTwoAnswers(point: Int, factor: Int) async {
        let scene = self.scene(
            Self.words(101, [point: 5, factor: 3]), [(UInt16(point), UInt16(factor))])
        #expect(await scene.poll().map(\.value) == [.double(5000)])
        await scene.bus.change(RegisterScene.unit) { $0.holdingRegisters[factor] = 0xFFFE }
        #expect(await scene.poll().map(\.value) == [.double(0.05)])
        #expect(await scene.bus.requests.count == 4)
    }

    @Test func aFactorThatIsNotReadSpoilsItsPointsOnly() async {
        // The device ends before the factor at 50.
        let scene = self.scene([7, 8], [(0, 50), (1, nil)])
        let samples = await scene.poll()
        #expect(samples.map(\.channel) == [0, 1])
        #expect(samples.map(\.quality) == [.illegalAddress, .good])
        #expect(samples.map(\.value) == [nil, .int64(8)])
    }

    @Test func aMuteDeviceGivesEachPointOneSample() async {
        let scene = self.scene(Self.words(101, [0: 5]), [(0, 100), (1, 100), (2, nil)])
        _ = await scene.poll()
        await scene.bus.change(RegisterScene.unit) { $0.isMute = true }
        let samples = await scene.poll()
        #expect(samples.map(\.channel) == [0, 1, 2])
        #expect(samples.map(\.quality) == [.timeout, .timeout, .timeout])
    }

    @Test func aFactorThatIsNoneMakesNoValue() async {
        let scene = self.scene([7, 0x8000, 8, 11], [(0, 1), (2, 3)])
        #expect(await scene.poll().map(\.quality) == [.notAvailable, .unrepresentable])
    }

    @Test func everyPowerIsExact() {
        for power in -10...10 {
            let text = "2301e\(power)"
            #expect(ScaleFactor.apply(power, to: 2301) == Double(text))
            #expect(ScaleFactor(word: UInt16(bitPattern: Int16(power))) == .power(power))
        }
        #expect(ScaleFactor(word: 11) == .unrepresentable)
        #expect(ScaleFactor(word: 0xFFF5) == .unrepresentable)
        #expect(ScaleFactor(word: 0x8000) == .notAvailable)
    }
}
