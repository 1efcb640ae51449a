import Platform

/// A GPIO chip and its lines as they are now.
public struct GPIOChipEntry: Sendable, Hashable {
    /// A line.
    public struct Line: Sendable, Hashable {
        /// Its number in the chip.
        public var offset: UInt32
        /// The name that the board's description gives it; nil if none.
        public var name: String?
        /// Whether it is an output.
        public var isOutput: Bool
        /// Whether a low voltage is active.
        public var isActiveLow: Bool
        /// Whether a program or a driver has it.
        public var isUsed: Bool
        /// Who has it; nil if nobody, or nobody says so.
        public var user: String?

        /// A line.
        public init(
            offset: UInt32, name: String?, isOutput: Bool = false, isActiveLow: Bool = false,
            isUsed: Bool = false, user: String? = nil
        ) {
            (self.offset, self.name) = (offset, name)
            (self.isOutput, self.isActiveLow) = (isOutput, isActiveLow)
            (self.isUsed, self.user) = (isUsed, user)
        }
    }

    /// The kernel's name, such as `gpiochip0`; it may be another after the next start.
    public var name: String
    /// What the chip is, such as `pinctrl-bcm2711`.
    public var label: String
    /// All its lines, by offset.
    public var lines: [Line]

    /// A chip.
    public init(name: String, label: String, lines: [Line]) {
        (self.name, self.label, self.lines) = (name, label, lines)
    }
}

/// Looks at all GPIO lines without taking one.
public enum GPIOSurvey {
    /// The most lines of a chip that are looked at; the largest expanders and processors have some
    /// hundred.
    private static let mostLines: UInt32 = 4096

    /// The chips there are, in order of their numbers. Blocks.
    ///
    /// - Throws: `SystemError` if a chip cannot be opened or asked.
    public static func chips() throws(SystemError) -> [GPIOChipEntry] {
        var entries: [GPIOChipEntry] = []
        for chip in try GPIOChip.all() {
            var entry = GPIOChipEntry(name: chip.name, label: chip.label.printable, lines: [])
            for offset in 0..<min(chip.lineCount, mostLines) {
                let line = try chip.line(offset)
                entry.lines.append(
                    GPIOChipEntry.Line(
                        offset: offset, name: line.name.isEmpty ? nil : line.name.printable,
                        isOutput: line.isOutput, isActiveLow: line.isActiveLow,
                        isUsed: line.isUsed,
                        user: line.consumer.isEmpty ? nil : line.consumer.printable))
            }
            entries.append(entry)
        }
        return entries
    }
}
