import Buses
import TestSupport
import Testing

@testable import Drivers

/// How a scan knows a device by its profile's registers.
@Suite struct RegisterFingerprintTests {
    private typealias Mark = RegisterFingerprint.Mark

    private static let recognizer = FingerprintRecognizer([
        RegisterFingerprint(profile: "nobody", marks: []),
        RegisterFingerprint(
            profile: "family", marks: [Mark(table: .input, address: 11, values: [71, 72, 73])]),
        RegisterFingerprint(
            profile: "member",
            marks: [
                Mark(table: .input, address: 11, values: [71]),
                Mark(table: .holding, address: 2, values: [5]),
            ]),
        RegisterFingerprint(
            profile: "other", marks: [Mark(table: .holding, address: 900, values: [1])]),
    ])

    private func device(input: UInt16, holding: UInt16) -> ScriptedDevice {
        ScriptedDevice(
            holdingRegisters: [0, 0, holding],
            inputRegisters: [UInt16](repeating: 0, count: 11) + [input])
    }

    private func profile(on bus: ScriptedModbusBus) async -> String? {
        await Self.recognizer.profile(of: 1, on: bus, timeout: .milliseconds(100))
    }

    @Test(
        arguments: [
            (71, 5, "member"), (71, 6, "family"), (73, 5, "family"), (74, 5, nil),
        ] as [(UInt16, UInt16, String?)])
    func theOneWithTheMostMarksIsNamed(input: UInt16, holding: UInt16, name: String?) async {
        let bus = ScriptedModbusBus([1: device(input: input, holding: holding)])
        #expect(await profile(on: bus) == name)
    }

    /// Each register once, and only as far as the first that does not fit.
    @Test func registersAreReadOnce() async {
        let bus = ScriptedModbusBus([1: device(input: 74, holding: 5)])
        _ = await profile(on: bus)
        #expect(
            await bus.requests.map(\.operation) == [
                .readInputRegisters(address: 11, count: 1),
                .readHoldingRegisters(address: 900, count: 1),
            ])
    }

    @Test func aMuteDeviceIsAskedOnce() async {
        let bus = ScriptedModbusBus()
        #expect(await profile(on: bus) == nil)
        #expect(await bus.requests.count == 1)
    }
}
