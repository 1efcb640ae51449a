import Glibc

/// How large a terminal is.
public struct TerminalSize: Hashable, Sendable {
    /// Its rows.
    public var rows: Int
    /// Its columns.
    public var columns: Int

    /// A terminal of this size.
    public init(rows: Int, columns: Int) {
        (self.rows, self.columns) = (rows, columns)
    }

    /// The size of the terminal that standard output is; nil if it is none. A serial line does not
    /// know its terminal's size, which is taken for that of a VT100.
    public static var output: TerminalSize? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        guard isKnown, size.ws_row > 0, size.ws_col > 0 else {
            return TerminalSize(rows: 24, columns: 80)
        }
        return TerminalSize(rows: Int(size.ws_row), columns: Int(size.ws_col))
    }
}
