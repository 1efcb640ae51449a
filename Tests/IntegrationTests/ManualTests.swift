import FoundationEssentials
import TestSupport
import Testing

/// The man pages, as man-db and groff read them.
@Suite struct ManualTests {
    /// Names that are no link of a page, and a name that a page has: armadio-read(1).
    private func references(in source: String) -> [String] {
        source.matches(of: #/fB(armadio[\w\\-]*)\\fR\(1\)/#)
            .map { String($0.1).replacing("\\", with: "") }
    }

    private func pages() async throws -> (folder: TestFolder, names: [String]) {
        let folder = try TestFolder()
        let outcome = try await armadio("man", "--output", folder.path("man1"))
        #expect(outcome.code == 0 && outcome.errors == "")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("man1"))
        return (folder, names.sorted())
    }

    @Test func groffAndManHaveNothingToComplainAbout() async throws {
        let (folder, names) = try await pages()
        #expect(names.contains("armadio.1") && names.contains("armadio-scan-modbus.1"))
        for name in names {
            let path = folder.path("man1/" + name)
            let groff = try await TestProcess(["groff", "-man", "-Tutf8", "-ww", "-z", path]).run()
            #expect(groff.code == 0 && groff.errors == "" && groff.output == "", "\(name)")
            let man = try await TestProcess(
                ["env", "LC_ALL=C.UTF-8", "MANWIDTH=78", "man", "--warnings", "-l", path]
            ).run()
            #expect(man.code == 0 && man.errors == "", "\(name)")
        }
    }

    @Test func aproposFindsEachPageByItsName() async throws {
        let (folder, names) = try await pages()
        for name in names {
            let outcome = try await TestProcess(["lexgrog", folder.path("man1/" + name)]).run()
            #expect(outcome.code == 0)
            #expect(outcome.output.contains("\"\(name.dropLast(2)) - "), "\(outcome.output)")
        }
    }

    @Test func everyPageThatIsReferredToIsThere() async throws {
        let (folder, names) = try await pages()
        var found = 0
        for name in names {
            let source = try String(contentsOfFile: folder.path("man1/" + name), encoding: .utf8)
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "FILES"] {
                #expect(source.contains(".SH \(section)\n"), "\(name)")
            }
            for reference in references(in: source) {
                found += 1
                #expect(names.contains(reference + ".1"), "\(name) refers to \(reference)")
            }
        }
        #expect(found > names.count)
    }

    /// What was typed is what is read: dashes, quotes and angle brackets of an example.
    @Test func examplesAreShownAsTheyAreTyped() async throws {
        let (folder, _) = try await pages()
        let page = try await TestProcess(
            [
                "env", "LC_ALL=C.UTF-8", "MANWIDTH=100", "man", "-l",
                folder.path("man1/armadio-decode.1"),
            ]
        ).run().output
        #expect(
            page.contains("armadio decode 192.168.1.20 1 input:0x0000+20 --like 230V --like 1.7A"))
    }

    @Test func aFolderThatCannotBeMadeIsSaid() async throws {
        let folder = try TestFolder()
        let outcome = try await armadio("man", "--output", folder.path("no/such/folder"))
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("no/such/folder: No such file or directory"))
    }
}
