import Platform

/// A GPIO chip and what its lines are now.
public struct GPIOInventory: Sendable {
    /// A line.
    public struct Line: Sendable {
        /// Its number on the chip.
        public var offset: UInt32
        /// What the board calls it; empty if it does not.
        public var name: String
        /// Who has it; empty if nobody has or says so.
        public var consumer: String
        /// Whether somebody has it.
        public var isUsed: Bool
        public var isOutput: Bool
        public var isActiveLow: Bool
    }

    /// The kernel's name, such as `gpiochip0`.
    public var name: String
    /// What the chip is, such as `pinctrl-bcm2711`.
    public var label: String
    public var lines: [Line]

    /// All chips of the machine. Blocks.
    ///
    /// - Throws: `SystemError` if a chip cannot be opened.
    public static func chips(in folder: String = "/dev") throws(SystemError) -> [GPIOInventory] {
        var all: [GPIOInventory] = []
        for chip in try GPIOChip.all(in: folder) {
            var lines: [Line] = []
            for offset in 0..<chip.lineCount {
                let line = try chip.line(offset)
                lines.append(
                    Line(
                        offset: offset, name: line.name, consumer: line.consumer,
                        isUsed: line.isUsed, isOutput: line.isOutput,
                        isActiveLow: line.isActiveLow))
            }
            all.append(GPIOInventory(name: chip.name, label: chip.label, lines: lines))
        }
        return all
    }
}
