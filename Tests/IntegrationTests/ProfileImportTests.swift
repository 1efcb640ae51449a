import FoundationEssentials
import TestSupport
import Testing

/// `armadio profile import`, and a gateway's check of what it gives.
@Suite struct ProfileImportTests {
    private static let template = """
        // A meter of two values.
        {"device_type": "meter", "title": "Meter", "device": {"name": "Meter", "channels": [
            {"name": "U", "reg_type": "input", "address": "0x10", "format": "float", "units": "V"},
            {"name": "Boost", "reg_type": "input", "address": 2, "enabled": false}]}}
        """

    private static let profile = """
        profile: meter
        title: "Meter"
        source: "wb-mqtt-serial template config-meter.json"
        points:
          u: {input: 16, type: float32, unit: "V"}

        """

    @Test func oneTemplateIsPrinted() async throws {
        let folder = try TestFolder()
        let path = try folder.write("config-meter.json", Self.template)
        let outcome = try await armadio("profile", "import", path)
        #expect(outcome.output == Self.profile)
        #expect(
            outcome.errors
                == "\(path): channel `Boost` left out: the template switches it off "
                + "(`--all` takes it)\n")
        #expect(outcome.code == 0)
    }

    @Test func severalArePutIntoAFolder() async throws {
        let folder = try TestFolder()
        let meter = try folder.write("config-meter.json", Self.template)
        let broken = try folder.write("config-broken.json", "{\n\"device\": {]}")
        let missing = folder.path("config-none.json")
        let outcome = try await armadio(
            "profile", "import", meter, broken, missing, "--to", folder.path, "--all")
        #expect(outcome.output == "\(folder.path)/meter.yaml: 2 points\n")
        #expect(
            outcome.errors == """
                \(broken):2:12: a key is missing; write it in double quotes
                \(missing): does not exist; check the name
                1 of 3 templates imported

                """)
        #expect(outcome.code == 1)
        let text = try String(contentsOfFile: folder.path("meter.yaml"), encoding: .utf8)
        #expect(text == Self.profile + "  boost: {input: 2}\n")
    }

    @Test func aProfileThatIsThereIsNotReplaced() async throws {
        let folder = try TestFolder()
        let path = try folder.write("config-meter.json", Self.template)
        try folder.write("meter.yaml", "mine")
        let outcome = try await armadio("profile", "import", path, "--to", folder.path)
        #expect(outcome.errors.hasSuffix("File exists; remove it first, or name another folder\n"))
        #expect(outcome.code == 1)
        let text = try String(contentsOfFile: folder.path("meter.yaml"), encoding: .utf8)
        #expect(text == "mine")
    }

    @Test func severalNeedAFolder() async throws {
        let outcome = try await armadio("profile", "import", "a.json", "b.json")
        #expect(outcome.errors.contains("several templates need a folder: --to FOLDER"))
        #expect(outcome.code == 64)
    }
}
