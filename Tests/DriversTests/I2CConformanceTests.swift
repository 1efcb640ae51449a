import TestSupport
import Testing

/// The drivers of chips on the scripted bus say what they say on the kernel's (LabTests).
@Suite struct I2CConformanceTests {
    @Test func theDriversSayWhatTheScriptedChipsHold() async throws {
        let failures = try await I2CConformance.failures(of: ScriptedI2CField())
        #expect(failures == [])
    }
}
