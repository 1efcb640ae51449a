import TestSupport
import Testing

/// `armadio profile ...`: the profiles there are, and one's own.
@Suite struct ProfileCommandTests {
    private struct Row: Decodable {
        var name: String
        var points: Int?
        var file: String?
        var sound: Bool
    }

    private func list(_ folder: TestFolder) async throws -> (
        rows: [Row], outcome: TestProcess.Outcome
    ) {
        let outcome = try await armadio("profile", "list", "--json", "--profiles", folder.path)
        return (try decode([Row].self, from: outcome.output), outcome)
    }

    @Test func listsTheShippedOnes() async throws {
        let outcome = try await armadio("profile", "list", "--profiles", "/nowhere")
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.contains(/\neastron-sdm630 +37 +Eastron +three-phase meter/))
        #expect(outcome.output.hasPrefix("PROFILE"))
    }

    /// A broken file is told of, and is no harm to the others.
    @Test func ownFilesComeFirst() async throws {
        let folder = try TestFolder()
        let own = try folder.write(
            "xy-md02.yaml",
            """
            profile: xy-md02
            title: ours
            source: ours
            points: {temperature: {input: 1, scale: 0.1, unit: Cel}}

            """)
        let broken = try folder.write("broken.yaml", "profile: broken\ntitle: {\n")
        let (rows, outcome) = try await list(folder)
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("\(broken):"))
        let mine = try #require(rows.first { $0.name == "xy-md02" })
        #expect(mine.file == own)
        #expect(mine.points == 1)
        #expect(rows.first { $0.name == "broken" }?.sound == false)
        let others = rows.filter { $0.file == nil }
        #expect(others.count > 15)
        #expect(others.allSatisfy { $0.sound && $0.points ?? 0 > 0 })
    }

    /// What is shown is a profile again, of which the name may not be changed alone.
    @Test func whatIsShownCanBeUsed() async throws {
        let folder = try TestFolder()
        let shown = try await armadio("profile", "show", "pzem-016", "--profiles", folder.path)
        #expect(shown.code == 0)
        let same = try folder.write("pzem-016.yaml", shown.output)
        let other = try folder.write("pzem.yaml", shown.output)
        let right = try await armadio("profile", "check", same)
        #expect(right.code == 0)
        #expect(right.output == "\(same): fit for use: 7 points\n")
        let both = try await armadio("profile", "check", same, other)
        #expect(both.code == 2)
        #expect(
            both.errors == "\(other):1:10: the profile calls itself `pzem-016`; write `pzem`, or "
                + "rename the file to pzem-016.yaml\n")
    }

    @Test func aNewOnePassesTheCheck() async throws {
        let folder = try TestFolder()
        let new = try await armadio("profile", "new", "acme-pump-7")
        #expect(new.code == 0)
        let path = try folder.write("acme-pump-7.yaml", new.output)
        let check = try await armadio("profile", "check", path)
        #expect(check.errors == "")
        #expect(check.output == "\(path): fit for use: 3 points\n")
        let known = try await armadio("profile", "new", "xy-md02")
        #expect(known.code == 1)
        #expect(known.errors.contains("there is a profile `xy-md02` already"))
    }

    @Test func anImportedOnePassesTheCheck() async throws {
        let folder = try TestFolder()
        let template = try folder.write(
            "config-meter.json",
            """
            {"device_type": "meter", "title": "Meter", "device": {"name": "Meter", "channels": [
                {"name": "U", "reg_type": "input", "address": 16, "format": "float"},
                {"name": "E", "reg_type": "holding", "address": 2, "format": "u32", "scale": 0.1}
            ]}}
            """)
        let imported = try await armadio("profile", "import", template, "--to", folder.path)
        #expect(imported.code == 0)
        let path = folder.path("meter.yaml")
        let check = try await armadio("profile", "check", path)
        #expect(check.errors == "")
        #expect(check.output == "\(path): fit for use: 2 points\n")
    }

    @Test func saysWhichNameWasMeant() async throws {
        let outcome = try await armadio("profile", "show", "eastron-sdm639")
        #expect(outcome.code == 1)
        #expect(
            outcome.errors
                == "armadio: there is no profile `eastron-sdm639`; did you mean `eastron-sdm630`?\n"
        )
        let away = try await armadio("profile", "show", "../secrets")
        #expect(away.code == 1)
    }

    /// One mistake in a profile, and what is said of it.
    @Test(arguments: [
        ("points: {a: {input: 1, unit: Volt}}", "4:30: `unit`: `Volt` is not a unit"),
        ("points: {a: {input: 70000}}", "4:21: `input` is 70000, which is out of range"),
        ("points: {a: {unit: V}}", "4:10: the point has no address"),
        ("points: {a: {input: 1, interval: often}}", "4:34: `interval`: `often` is no interval"),
        ("points: {a: {input: 1, interval: 2d}}", "4:34: `interval` is 2d, which is out of range"),
        ("points: {a: {input: 1}}\nunit-id: 3", "5:10: a unit id is a cabinet's business"),
        ("points: {a: {input: 1}}\nbaud: 9600", "5:1: unknown key `baud` at the top level"),
        ("points: {a: {input: 1}}\nmax-registers: 300", "5:16: `max-registers` is 1 to 125"),
        ("points: {a: {input: 1}}\nidentify: [{input: 1}]", "5:12: a mark shows a value"),
        ("points: {a: {input: 1}}\nidentify: [{equals: 1}]", "5:12: a mark is one register"),
        ("points: {}", "4:9: the device has no points"),
    ])
    func saysWhereWhatAndHowToMend(mistake: String, said: String) async throws {
        let folder = try TestFolder()
        let path = try folder.write(
            "p.yaml", "profile: p\ntitle: t\nsource: s\n" + mistake + "\n")
        let outcome = try await armadio("profile", "check", path)
        #expect(outcome.code == 2)
        #expect(outcome.errors.hasPrefix("\(path):\(said)"), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test func aLargeFileIsRefused() async throws {
        let folder = try TestFolder()
        let path = try folder.write("p.yaml", String(repeating: "#\n", count: 140_000))
        let outcome = try await armadio("profile", "check", path)
        #expect(outcome.code == 2)
        #expect(outcome.errors.hasPrefix("\(path):1:1: the file has more than 256 KiB"))
    }
}
