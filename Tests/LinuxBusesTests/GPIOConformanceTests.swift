import TestSupport
import Testing

/// The scripted GPIO bank keeps what the real one promises; the lab asks the real one (LabTests).
@Suite struct GPIOConformanceTests {
    @Test func theScriptedBankKeepsItsPromises() async {
        let failures = await GPIOConformance.failures(of: ScriptedGPIOField())
        #expect(failures == [])
    }
}
