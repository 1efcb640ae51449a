import Boards
import TestSupport
import Testing

/// Which board this is, by the device tree.
@Suite struct DetectionTests {
    private let folder: TestFolder

    init() throws {
        folder = try TestFolder()
    }

    private func detect(_ strings: [String], own: String = "/nowhere") throws -> String? {
        let text = strings.map { $0 + "\0" }.joined()
        try folder.write("tree/compatible", text)
        return BoardLibrary(folder: own).detect(DeviceTree(folder: folder.path("tree")))
    }

    /// The whole of `compatible`, as the device trees named in the profiles have it.
    @Test(arguments: [
        ("raspberry-pi-3b-plus", ["raspberrypi,3-model-b-plus", "brcm,bcm2837"]),
        ("raspberry-pi-4b", ["raspberrypi,4-model-b", "brcm,bcm2711"]),
        ("raspberry-pi-5", ["raspberrypi,5-model-b", "brcm,bcm2712"]),
        ("raspberry-pi-cm4", ["raspberrypi,4-compute-module", "brcm,bcm2711"]),
        ("revpi-connect", ["kunbus,revpi-connect", "brcm,bcm2837", "brcm,bcm2836"]),
        ("revpi-connect-4", ["kunbus,revpi-connect4", "brcm,bcm2711"]),
        ("beaglebone-black", ["ti,am335x-bone-black", "ti,am335x-bone", "ti,am33xx"]),
        (
            "compulab-iot-gate-imx8",
            ["compulab,imx8mm-iot-gateway", "compulab,imx8mm-ucm-som", "fsl,imx8mm"]
        ),
        ("compulab-iot-gate-imx8", ["sb-iotgimx8", "cpl,ucm-imx8m-mini", "fsl,imx8mm"]),
    ]) func isKnown(board: String, compatible: [String]) throws {
        #expect(try detect(compatible) == board)
    }

    /// A board of the same processor is another board.
    @Test(arguments: [
        ["ti,am335x-bone", "ti,am33xx"], ["kunbus,revpi-core", "brcm,bcm2837"],
        ["raspberrypi,4-model-b-plus"], [""], [],
    ]) func isNotKnown(_ compatible: [String]) throws {
        #expect(try detect(compatible) == nil)
    }

    @Test func thereIsNoTree() {
        let tree = DeviceTree(folder: folder.path("none"))
        #expect(tree.compatible.isEmpty)
        #expect(BoardLibrary(folder: "/nowhere").detect(tree) == nil)
    }

    /// Noise in place of the tree is no board, and no more of it is read than a board can have.
    @Test func noise() throws {
        let strings = [String(repeating: "x", count: 10_000), "raspberrypi,4-model-b"]
        #expect(try detect(strings) == nil)
        let tree = DeviceTree(folder: folder.path("tree"))
        #expect(tree.compatible.map(\.utf8.count) == [DeviceTree.mostBytes])
    }

    /// The string that stands first says most; a board of one's own comes before all others, and a
    /// broken one harms none.
    @Test func ownBoardsComeFirst() throws {
        let own = """
            title: ours
            source: [ours]
            compatible: ["raspberrypi,4-model-b", "brcm,bcm2711"]

            """
        try folder.write("own/zz-own.yaml", "board: zz-own\n" + own)
        try folder.write("own/broken.yaml", "board: broken\ntitel: x\n" + own)
        let boards = folder.path("own")
        #expect(try detect(["raspberrypi,4-model-b", "brcm,bcm2711"], own: boards) == "zz-own")
        #expect(
            try detect(["raspberrypi,4-compute-module", "brcm,bcm2711"], own: boards)
                == "raspberry-pi-cm4")
        #expect(try detect(["acme,board", "brcm,bcm2711"], own: boards) == "zz-own")
    }
}
