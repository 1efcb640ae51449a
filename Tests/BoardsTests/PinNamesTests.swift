import Boards
import Testing

/// Where the kernel's lines come out on a board.
@Suite struct PinNamesTests {
    @Test func linesAreFoundByPlaceAndByName() throws {
        guard case .found(let board) = BoardLibrary(folder: "/nowhere").find("raspberry-pi-4b")
        else {
            Issue.record("the board is not fit for use")
            return
        }
        let pins = PinNames(board)
        #expect(pins.name(chip: "pinctrl-bcm2711", offset: 17, line: nil) == "pin-11")
        #expect(pins.name(chip: "another", offset: 3, line: "GPIO17") == "pin-11")
        #expect(pins.name(chip: "another", offset: 17, line: nil) == nil)
        #expect(PinNames(nil).name(chip: "pinctrl-bcm2711", offset: 17, line: "GPIO17") == nil)
    }
}
