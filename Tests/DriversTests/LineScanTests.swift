import Buses
import Platform
import Telemetry
import TestSupport
import Testing

@testable import Drivers

@Suite struct LineScanTests {
    private static let line = ModbusEndpoint.tcp(host: "plc", port: 502)

    private func scan(
        _ bus: ScriptedModbusBus, units: [UInt8] = Array(1...10),
        endpoints: [ModbusEndpoint] = [line], tell: (LineScan.Event) -> Void = { _ in }
    ) async -> ScanResult {
        let plan = ScanPlan(endpoints: endpoints, units: units, timeout: .milliseconds(500))
        return await LineScan(plan: plan, profiles: [], clock: SystemClock()) { _ in bus }
            .run(tell: tell)
    }

    @Test func progressEndsWithAllAsked() async {
        let bus = ScriptedModbusBus([3: .addresses(count: 10)])
        var told: [ScanProgress] = []
        let result = await scan(bus) { event in
            if case .progress(let progress) = event { told.append(progress) }
        }
        #expect(result.devices.map(\.unit) == [3])
        #expect(told.map(\.asked) == Array(1...10))
        #expect(told.allSatisfy { $0.all == 10 && $0.left >= .zero })
        #expect(told.last?.left == .zero)
        #expect(told.last?.found == 1)
    }

    /// Ten devices of one kind at the first ten addresses are ten devices.
    @Test func likeDevicesAreDevicesOfTheirOwn() async {
        let devices = (1...10).map { (UInt8($0), ScriptedDevice.addresses(count: 10)) }
        let result = await scan(ScriptedModbusBus(Dictionary(uniqueKeysWithValues: devices)))
        #expect(result.devices.map(\.unit) == Array(1...10))
    }

    @Test func oneThatAnswersForEverybodyIsOne() async {
        let devices = (1...255).map { (UInt8($0), ScriptedDevice.addresses(count: 10)) }
        let bus = ScriptedModbusBus(Dictionary(uniqueKeysWithValues: devices))
        let result = await scan(bus, units: ScanPlan.allUnits)
        #expect(result.devices.map(\.unit) == [1])
        #expect(result.devices[0].answersEveryUnit)
    }

    /// Where something is found, the other settings of the line are left.
    @Test func aLineHasOneSetting() async {
        let bus = ScriptedModbusBus([3: .addresses(count: 10)])
        let settings = ScanPlan.settings(
            of: SerialPort(path: "/dev/ttyS0"), baud: nil, parity: nil, stopBits: nil,
            isFull: false)
        #expect(settings.count == 6)
        let result = await scan(bus, endpoints: settings)
        #expect(result.asked == 10)
        #expect(result.devices[0].endpoint == settings[0])
        let empty = await scan(ScriptedModbusBus(), endpoints: settings)
        #expect(empty.asked == 60)
    }

    @Test func givenSettingsAreTakenAsGiven() {
        let port = SerialPort(path: "/dev/ttyS0")
        let one = ScanPlan.settings(
            of: port, baud: 2400, parity: .odd, stopBits: 2, isFull: true)
        #expect(
            one == [
                .serial(SerialPort(path: port.path, baud: 2400, parity: .odd, stopBits: 2))
            ])
        let all = ScanPlan.settings(of: port, baud: nil, parity: nil, stopBits: nil, isFull: true)
        #expect(all.count == 32)
        #expect(Set(all).count == 32)
    }

    @Test func noiseIsToldApartFromSilence() async {
        let bus = ScriptedModbusBus()
        await bus.fail(BusError(.checksum, "disturbed"), BusError(.corrupt, "nonsense"))
        let result = await scan(bus)
        #expect(result.devices.isEmpty)
        #expect(result.noisy == [Self.line])
        #expect(result.asked == 10)
    }

    /// A server that hangs up once is asked again; one that cannot be reached ends the scan.
    @Test func aClosedConnectionIsTriedOnceMore() async {
        let bus = ScriptedModbusBus([1: .addresses(count: 10)])
        await bus.fail(BusError(.disconnected, errno: 104, "closed"))
        #expect(await scan(bus, units: [1]).devices.map(\.unit) == [1])
        await bus.fail(BusError(.disconnected, errno: 111, "refused"))
        let unreachable = await scan(bus)
        #expect(unreachable.failure?.errno == 111)
        #expect(unreachable.asked == 0)
    }

    /// What a gateway says of a unit that is not there.
    @Test(arguments: [10, 11]) func anEmptyPlaceBehindAGatewayIsNoDevice(code: UInt8) async {
        var device = ScriptedDevice()
        device.refusal = code
        #expect(await scan(ScriptedModbusBus([1: device])).devices.isEmpty)
        device.refusal = 4
        #expect(await scan(ScriptedModbusBus([1: device])).devices.map(\.unit) == [1])
    }

    @Test func namesCannotAddLinesToTheProposal() {
        var device = ScannedDevice(
            unit: 1, endpoint: Self.line, latency: .zero, answer: .register(0))
        device.identification = [0: "a\ngateway: stolen\u{2028}\u{85}\u{1B}[2J"]
        let text = ScanProposal([device], bus: "plc", target: "plc").text
        #expect(text.contains("    # a gateway: stolen"))
        #expect(!text.contains { $0 == "\u{1B}" || $0 == "\u{2028}" || $0 == "\u{85}" })
        #expect(text.split(separator: "\n").count { $0.hasPrefix("gateway:") } == 1)
    }
}
