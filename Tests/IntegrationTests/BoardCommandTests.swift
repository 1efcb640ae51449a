import TestSupport
import Testing

/// `armadio board ...`: the boards there are, and what is in use on one.
@Suite struct BoardCommandTests {
    private struct Row: Decodable {
        var name: String
        var detected: Bool
        var file: String?
    }

    private struct Shown: Decodable {
        struct Line: Decodable {
            var header: String?
            var pin: Int?
            var chip: String?
            var offset: Int?
            var user: String?
        }
        var board: String
        var lines: [Line]
    }

    private let folder: TestFolder
    private let tree: String

    init() throws {
        folder = try TestFolder()
        try folder.write("tree/compatible", "raspberrypi,5-model-b\0brcm,bcm2712\0")
        tree = folder.path("tree")
    }

    /// A board of one's own comes first, and a broken one is told of.
    @Test func listsAndDetects() async throws {
        let own = try folder.write(
            "boards/ours.yaml",
            """
            board: ours
            title: ours
            source: [ours]
            compatible: ["raspberrypi,5-model-b"]

            """)
        let broken = try folder.write("boards/broken.yaml", "board: broken\n")
        let outcome = try await armadio(
            "board", "list", "--json", "--boards", folder.path("boards"), "--device-tree", tree)
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("\(broken):1:1: "))
        let rows = try decode([Row].self, from: outcome.output)
        #expect(rows.filter(\.detected).map(\.name) == ["ours"])
        #expect(rows.first { $0.name == "ours" }?.file == own)
        #expect(rows.filter { $0.file == nil }.count >= 8)
    }

    /// What points take is marked on the board that this is.
    @Test func marksWhatIsInUse() async throws {
        let configuration = try folder.write(
            "cabinet.yaml",
            """
            gateway: c
            devices:
              doors: {driver: gpio, points: {front: {line: pin-11}, back: {line: "pinctrl-rp1:27"}}}

            """)
        let outcome = try await armadio(
            "board", "show", "--json", "--device-tree", tree, "--config", configuration)
        #expect(outcome.code == 0, "\(outcome)")
        let shown = try decode(Shown.self, from: outcome.output)
        #expect(shown.board == "raspberry-pi-5")
        let used = shown.lines.filter { $0.user != nil }
        #expect(used.map(\.pin) == [11, 13])
        #expect(used.map(\.user) == ["doors/front", "doors/back"])
        #expect(used.map(\.chip) == ["pinctrl-rp1", "pinctrl-rp1"])

        let drawn = try await armadio(
            "board", "show", "--device-tree", tree, "--config", configuration)
        #expect(drawn.output.contains(" doors/front     GPIO17  *11 | 12 "))
        #expect(!drawn.output.contains("\u{1B}"))
    }

    @Test func aBoardThatIsNotKnown() async throws {
        try folder.write("tree/compatible", "acme,board\0")
        let outcome = try await armadio("board", "show", "--device-tree", tree)
        #expect(outcome.code == 0)
        #expect(outcome.errors.contains("this board is not known (acme,board)"))
        #expect(outcome.output.hasPrefix("generic "))
    }

    @Test func aNameThatIsNotKnown() async throws {
        let outcome = try await armadio("board", "show", "raspbery-pi-5")
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("did you mean `raspberry-pi-5`?"))
        let file = try await armadio("board", "show", "generic", "--config", "/nowhere.yaml")
        #expect(file.code == 2)
        #expect(file.errors.hasPrefix("/nowhere.yaml:"))
    }
}
