import Buses
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// Devices that refuse what nobody wanted to know: the points are read all the same, and what was
/// refused is not asked again.
@Suite struct LearnedHolesTests {
    private func points(_ addresses: [Int]) -> [RegisterMapDriver.Register] {
        addresses.map {
            RegisterMapDriver.Register(
                name: "p\($0)", table: .holding, address: UInt16($0),
                codec: RegisterCodec(type: .uint16, order: .abcd, registers: 1))
        }
    }

    private func device(missing: Set<Int>) -> ScriptedDevice {
        var device = ScriptedDevice.addresses(count: 200)
        device.missingRegisters = missing
        return device
    }

    private func refusals(_ scene: RegisterScene, _ missing: Set<Int>) async -> Int {
        await scene.bus.requests.filter {
            guard case .readHoldingRegisters(let address, let count) = $0.operation else {
                return false
            }
            return !missing.isDisjoint(with: Int(address)..<Int(address) + count)
        }.count
    }

    /// Polls until a poll is all good, at most so often.
    private func settle(_ scene: RegisterScene, polls: Int = 12) async -> Bool {
        for _ in 0..<polls where await scene.poll().allSatisfy(\.quality.isGood) {
            return true
        }
        return false
    }

    @Test func aGapThatIsRefusedIsFoundAndKept() async {
        let missing: Set = [33]
        let scene = RegisterScene(
            device(missing: missing), maximumGap: 125, points([0, 10, 20, 30, 40, 50, 60]))
        #expect(await settle(scene))
        // The search may end a poll later; from then on only the one gap is left out.
        for _ in 0..<12 { _ = await scene.poll() }
        await scene.bus.forgetRequests()
        let samples = await scene.poll()
        #expect(samples.map(\.value) == [0, 10, 20, 30, 40, 50, 60].map { .uint64($0) })
        #expect(await scene.bus.requests.count == 2)
        #expect(await refusals(scene, missing) == 0)
    }

    /// Whatever is missing: in the end all that is there is read, nothing that is missing is asked,
    /// but for points themselves, and never a wrong value on the way.
    @Test(arguments: 0..<60)
    func everyDeviceIsLearned(seed: Int) async {
        var random = SplitMix(seed: UInt64(seed))
        let missing = Set(
            (0..<Int.random(in: 0...6, using: &random)).map { _ in
                Int.random(in: 0..<120, using: &random)
            })
        let addresses = Set(
            (0..<Int.random(in: 1...25, using: &random)).map { _ in
                Int.random(in: 0..<120, using: &random)
            }
        ).sorted()
        let scene = RegisterScene(device(missing: missing), maximumGap: 125, points(addresses))
        for _ in 0..<80 {
            for (sample, address) in zip(await scene.poll(), addresses) {
                #expect(sample.value == nil || sample.value == .uint64(UInt64(address)))
            }
        }
        await scene.bus.forgetRequests()
        for (sample, address) in zip(await scene.poll(), addresses) {
            let quality: Quality = missing.contains(address) ? .illegalAddress : .good
            #expect(sample.quality == quality, "register \(address)")
        }
        #expect(await refusals(scene, missing) == 0)
    }

    /// A point that the device does not have costs the others nothing, and is not asked each time.
    @Test func aPointThatIsRefusedIsLeftAlone() async {
        let scene = RegisterScene(device(missing: [12]), maximumGap: 125, points([10, 11, 12, 13]))
        for _ in 0..<10 { _ = await scene.poll() }
        await scene.bus.forgetRequests()
        #expect(
            await scene.poll().map(\.quality) == [.good, .good, .illegalAddress, .good])
        #expect(await refusals(scene, [12]) == 0)
    }

    // MARK: Memory

    private final class Memory: DriverMemory {
        let text = Mutex<String?>(nil)
        let saves = Mutex(0)
        func load() -> String? { text.withLock { $0 } }
        func save(_ text: String) {
            self.text.withLock { $0 = text }
            saves.withLock { $0 += 1 }
        }
        func count(named name: String) -> UInt64? { nil }
        func keep(count: UInt64, named name: String) {}
    }

    @Test func whatWasLearnedIsKnownAfterARestart() async {
        let (missing, memory) = (Set([33]), Memory())
        let wanted = points([0, 10, 20, 30, 40, 50, 60])
        let first = RegisterScene(
            device(missing: missing), maximumGap: 125, memory: memory, wanted)
        for _ in 0..<12 { _ = await first.poll() }
        #expect(memory.saves.withLock { $0 } == 1)
        let second = RegisterScene(
            device(missing: missing), maximumGap: 125, memory: memory, wanted)
        #expect(await second.poll().allSatisfy(\.quality.isGood))
        #expect(await refusals(second, missing) == 0)
        #expect(memory.saves.withLock { $0 } == 1)
    }

    /// Another register map may be another device: it is learned anew.
    @Test func anotherRegisterMapIsLearnedAnew() async {
        let memory = Memory()
        let first = RegisterScene(
            device(missing: [33]), maximumGap: 125, memory: memory, points([30, 40]))
        for _ in 0..<5 { _ = await first.poll() }
        #expect(memory.load()?.contains("holding:31-40") == true)
        let second = RegisterScene(
            device(missing: []), maximumGap: 125, memory: memory, points([30, 41]))
        #expect(await second.poll().allSatisfy(\.quality.isGood))
        #expect(await second.bus.requests.count == 1)
    }

    @Test func aSpoiltMemoryIsForgotten() async {
        let memory = Memory()
        for text in ["", "|", "x|y|z", "cbf29ce484222325|holding:1-2", "\u{0}\u{FFFD}"] {
            memory.save(text)
            let scene = RegisterScene(
                device(missing: []), maximumGap: 125, memory: memory, points([1, 3]))
            #expect(await scene.poll().allSatisfy(\.quality.isGood))
        }
    }
}
