import Buses
import FoundationEssentials
import Settings
import Telemetry
import TestSupport
import Testing

@testable import Drivers

/// The shipped profiles, each against the frames of its device.
@Suite struct ProfileTests {
    private static let names = ShippedProfiles.all.map(\.name)
    private static let sources = TestProcess.packageFolder + "/Sources/Drivers/Profiles"
    private static let frames = TestProcess.packageFolder + "/Tests/DriversTests/Profiles"

    private struct Options: OptionsSource {
        let node: SettingsNode
        let file: SettingsFile

        func decode<Options: Decodable & Sendable>(_ type: Options.Type) -> Options? {
            node.decode(type)
        }

        func report(path: [String], _ what: String, mend: String) {
            file.report(SettingsProblem(path: path, what: what, mend: mend))
        }
    }

    private func files(_ folder: String, _ ending: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(ending) }
            .map { String($0.dropLast(ending.count)) }.sorted()
    }

    /// The list in the code names every file, in order, and there are frames for each.
    @Test func everyFileIsShippedAndTested() throws {
        #expect(try files(Self.sources, ".yaml") == Self.names)
        #expect(try files(Self.frames, ".frames") == Self.names)
    }

    @Test(arguments: names) func isShippedAsItIs(name: String) throws {
        let file = try String(contentsOfFile: "\(Self.sources)/\(name).yaml", encoding: .utf8)
        #expect(ShippedProfiles.bytes(of: name).map { String(decoding: $0, as: UTF8.self) } == file)
    }

    /// Every point of the profile, asked for over the real driver, shows what the frames mean.
    @Test(arguments: names) func showsWhatTheDeviceSays(name: String) async throws {
        let file = SettingsFile(bytes: try #require(ShippedProfiles.bytes(of: name)), name: name)
        let profile = try #require(DeviceProfile(file, named: name))
        let plan = DriverKind.registerMap.plan(Options(node: profile.device, file: file))
        #expect(file.problems == [])
        let text = try String(contentsOfFile: "\(Self.frames)/\(name).frames", encoding: .utf8)
        let frames = try ProfileFrames(text)
        let scene = ProfileScene(frames.device, try #require(plan))
        let shown = await scene.poll()
        #expect(frames.values.map(\.point).sorted() == shown.keys.sorted())
        for (point, text) in frames.values {
            let sample = try #require(shown[point])
            #expect(sample.quality == .good, "\(point)")
            #expect(Self.fits(sample.value, text), "\(point): \(sample.value as Any), not \(text)")
        }
    }

    /// Numbers to the seven digits that a float32 has.
    private static func fits(_ value: Value?, _ text: String) -> Bool {
        guard case .double(let number) = value, let expected = Double(text) else {
            return value?.description == text
        }
        return abs(number - expected) <= abs(expected) * 1e-6
    }
}

/// A device in memory and the driver that its profile asks for.
private actor ProfileScene {
    private let bus: ScriptedModbusBus
    private let names: [String]
    private let driver: any Driver
    private let sink: SampleCollector

    nonisolated var unownedExecutor: UnownedSerialExecutor { bus.unownedExecutor }

    init(_ device: ScriptedDevice, _ plan: DevicePlan) {
        bus = ScriptedModbusBus([1: device])
        let clock = bus.executor
        sink = SampleCollector { clock.now }
        names = plan.channels.map(\.name)
        driver = plan.makeDriver(.modbus(bus), NoMemory())
        driver.arrange(groups: [Array(plan.channels.indices)])
    }

    /// What each point shows. A block that the device refused for its holes is asked for in parts
    /// the second time.
    func poll() async -> [String: Sample] {
        await driver.poll(group: 0, into: sink)
        let before = sink.samples.count
        await driver.poll(group: 0, into: sink)
        return sink.samples.dropFirst(before).reduce(into: [:]) { $0[names[$1.channel]] = $1 }
    }
}
