import Buses

/// Where the lines of the kernel's chips come out on a board, by the first of the names that a
/// configuration may call the place by.
public struct PinNames: Sendable {
    private var names: [GPIOLine.Address: String] = [:]

    /// The places of a board; none if it is not known.
    public init(_ board: Board?) {
        guard let board else { return }
        for (place, line) in board.places {
            guard let name = board.names(of: place, line).first else { continue }
            for address in [board.address(of: line), line.line.map { .name($0) }] {
                if let address, names[address] == nil { names[address] = name }
            }
        }
    }

    /// The place of a chip's line, by its number or else by the kernel's name; nil if it is on
    /// none that the profile knows.
    public func name(chip label: String, offset: UInt32, line: String?) -> String? {
        names[.offset(chip: label, offset)] ?? line.flatMap { names[.name($0)] }
    }
}
