import Buses
import Telemetry

extension Board {
    /// All places with a line, headers first, in the order of the profile.
    public var places: [(place: LinePlace, line: BoardLine)] {
        let pins = headers.entries.flatMap { header in
            header.value.pins.entries.compactMap { pin in
                Int(pin.name).map {
                    (LinePlace.pin(header: header.name, number: $0), pin.value)
                }
            }
        }
        return (pins + lines.entries.map { (.line($0.name), $0.value) }).filter(\.1.isLine)
    }

    /// The names that a place has in the configuration: `J8-11`, with one header also `pin-11`;
    /// its label, and the kernel's names.
    public func names(of place: LinePlace, _ line: BoardLine) -> [String] {
        var names: [String] = []
        switch place {
        case .pin(let header, let number):
            if headers.entries.count == 1 { names.append("pin-\(number)") }
            names.append("\(header)-\(number)")
        case .line(let name): names.append(name)
        }
        for name in [line.label, line.line].compactMap({ $0 }) + line.also
        where !names.contains(name) {
            names.append(name)
        }
        return names
    }

    /// How the line of a name is asked of the kernel; nil if the board has none of this name.
    public func line(named name: String) -> GPIOLine.Address? {
        places.first { names(of: $0.place, $0.line).contains(name) }.flatMap {
            address(of: $0.line)
        }
    }

    /// By place in the chip where that is known, else by the kernel's name.
    public func address(of line: BoardLine) -> GPIOLine.Address? {
        if let offset = line.offset, let chip = chip(of: line) {
            return .offset(chip: chip.label, offset)
        }
        return line.line.map(GPIOLine.Address.name)
    }

    /// The chip of a line: the one it names, or the board's only one.
    func chip(of line: BoardLine) -> Chip? {
        guard let name = line.chip else {
            return chips.entries.count == 1 ? chips.entries.first?.value : nil
        }
        return chips[name]
    }

    /// Where a line comes out that a configuration calls NAME or CHIP:OFFSET, CHIP being a label
    /// or the profile's name of a chip; nil if it is on no place that the profile knows.
    public func place(of written: String) -> LinePlace? {
        let places = places
        if let found = places.first(where: { names(of: $0.place, $0.line).contains(written) }) {
            return found.place
        }
        guard case .offset(let chip, let offset) = GPIOLine.Address(written) else { return nil }
        let address = GPIOLine.Address.offset(chip: chips[chip]?.label ?? chip, offset)
        return places.first { self.address(of: $0.line) == address }?.place
    }

    /// The device of an I2C bus; nil if the board has none of this name.
    public func bus(named name: String) -> String? { buses[name]?.path }

    /// The device of a serial port; nil if the board has none of this name.
    public func serial(named name: String) -> String? { serial[name]?.path }
}
