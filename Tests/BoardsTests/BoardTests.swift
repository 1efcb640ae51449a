import BoardFiles
import Boards
import Buses
import Settings
import Telemetry
import TestSupport
import Testing

/// The boards of the binary.
@Suite struct BoardTests {
    static let library = BoardLibrary(folder: "/nowhere")
    static let names = BoardFiles.all.map(\.key)

    private struct NotFit: Error {
        let lookup: BoardLookup
    }

    static func board(_ name: String) throws -> Board {
        guard case .found(let board) = library.find(name) else {
            throw NotFit(lookup: library.find(name))
        }
        return board
    }

    @Test(arguments: names) func isFitForUse(_ name: String) throws {
        let board = try Self.board(name)
        #expect(board.name == name)
        #expect(!board.source.isEmpty)
        #expect(name == BoardLibrary.generic || !board.compatible.isEmpty)
    }

    /// A file that the list forgets would be in no binary.
    @Test func everyFileIsListed() {
        let folder = TestProcess.packageFolder + "/boards"
        #expect(SettingsFolder.names(in: folder).sorted() == Self.names.sorted())
    }

    /// No two boards are told by the same string.
    @Test func boardsAreToldApart() throws {
        let strings = try Self.names.flatMap { try Self.board($0).compatible }
        #expect(Set(strings).count == strings.count)
    }

    /// Every name of every line finds the line that has it.
    @Test(arguments: names) func everyNameFindsItsLine(_ name: String) throws {
        let board = try Self.board(name)
        for (place, line) in board.places {
            let address = try #require(board.address(of: line))
            for name in board.names(of: place, line) {
                #expect(board.line(named: name) == address)
                #expect(board.place(of: name) == place)
            }
            #expect(board.place(of: "\(address)") == place)
        }
    }

    @Test(arguments: [
        ("raspberry-pi-4b", "pin-11", GPIOLine.Address.offset(chip: "pinctrl-bcm2711", 17)),
        ("raspberry-pi-4b", "SDA1", .offset(chip: "pinctrl-bcm2711", 2)),
        ("raspberry-pi-5", "PIN11", .offset(chip: "pinctrl-rp1", 17)),
        ("raspberry-pi-5", "J8-40", .offset(chip: "pinctrl-rp1", 21)),
        ("raspberry-pi-3b-plus", "GPIO4", .offset(chip: "pinctrl-bcm2835", 4)),
        ("beaglebone-black", "P9-14", .name("P9_14 [ehrpwm1a]")),
        ("beaglebone-black", "P8_12", .name("P8_12")),
        ("revpi-connect", "x2-di", .offset(chip: "pinctrl-bcm2835", 0)),
    ]) func linesAreFound(board: String, name: String, address: GPIOLine.Address) throws {
        #expect(try Self.board(board).line(named: name) == address)
    }

    /// With two headers a bare number says nothing; ground is no line.
    @Test func whatIsNoLineIsNotFound() throws {
        #expect(try Self.board("beaglebone-black").line(named: "pin-12") == nil)
        #expect(try Self.board("raspberry-pi-4b").line(named: "pin-6") == nil)
        #expect(try Self.board("raspberry-pi-4b").line(named: "GND") == nil)
        #expect(try Self.board("raspberry-pi-4b").line(named: "pin-41") == nil)
        #expect(try Self.board("raspberry-pi-4b").place(of: "pinctrl-bcm2711:99999999999") == nil)
    }

    @Test func busesAndPortsAreFound() throws {
        let board = try Self.board("compulab-iot-gate-imx8")
        #expect(board.bus(named: "i2c-1") == "/dev/i2c-1")
        #expect(board.serial(named: "rs485-1") == "/dev/ttymxc0")
        #expect(board.serial(named: "rs485-2") == nil)
        #expect(board.bus(named: "rs485-1") == nil)
    }
}
