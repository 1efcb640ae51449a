import Telemetry

/// A header drawn as it lies on the board: two rows of pins, odd numbers on the left, in at most
/// 80 columns.
public struct PinMap: Sendable {
    /// The board.
    public let board: Board
    /// Who takes which place. A taken pin has a star at its number, and its taker in place of its
    /// function.
    public let users: [LinePlace: String]
    /// Whether to mark power, ground and taken pins in colour (ECMA-48, section 8.3.117).
    public let isColourful: Bool

    /// What is to be drawn.
    public init(_ board: Board, users: [LinePlace: String] = [:], isColourful: Bool = false) {
        (self.board, self.users, self.isColourful) = (board, users, isColourful)
    }

    /// 22 for the function, 10 for the label, 4 for the number and the star, with blanks 38 on
    /// each side of the middle.
    private static let functionWidth = 22

    /// The lines of all headers.
    public var text: [String] {
        board.headers.entries.flatMap { header in
            [header.name] + rows(of: header.value, named: header.name) + [""]
        }
    }

    private func rows(of header: Board.Header, named name: String) -> [String] {
        stride(from: 1, through: header.size, by: 2).map { number in
            let row = left(header, name, number) + " | " + right(header, name, number + 1)
            return String(row.reversed().drop { $0 == " " }.reversed())
        }
    }

    private func left(_ header: Board.Header, _ name: String, _ number: Int) -> String {
        let pin = Pin(header, name, number, users)
        let function = pad(pin.text, to: Self.functionWidth, onLeft: true)
        let label = pad(pin.label, to: Board.longestLabel, onLeft: true)
        let number = pad(pin.star + String(number), to: 4, onLeft: true)
        return coloured(function + " " + label + " " + number, pin)
    }

    private func right(_ header: Board.Header, _ name: String, _ number: Int) -> String {
        guard number <= header.size else { return "" }
        let pin = Pin(header, name, number, users)
        let label = pad(pin.label, to: Board.longestLabel, onLeft: false)
        let text = pad(String(number) + pin.star, to: 4, onLeft: false) + " " + label + " "
        return coloured(text + pad(pin.text, to: Self.functionWidth, onLeft: false), pin)
    }

    /// What is drawn of one pin.
    private struct Pin {
        var label: String
        /// Who takes it, or what it is beside a plain line.
        var text: String
        var isTaken: Bool
        var isLine: Bool
        var star: String { isTaken ? "*" : "" }

        init(_ header: Board.Header, _ name: String, _ number: Int, _ users: [LinePlace: String]) {
            let pin = header.pins[String(number)]
            let user = users[.pin(header: name, number: number)]
            label = pin?.label ?? ""
            text = user ?? pin?.function ?? ""
            isTaken = user != nil
            isLine = pin?.isLine ?? false
        }
    }

    private func coloured(_ text: String, _ pin: Pin) -> String {
        guard isColourful else { return text }
        let isGround = pin.label.contains("GND")
        let code = pin.isTaken ? "1;32" : pin.isLine ? nil : isGround ? "2" : "31"
        return code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
    }

    /// The text in a column; what does not fit is cut, which `~` says.
    private func pad(_ text: String, to width: Int, onLeft: Bool) -> String {
        let shown = text.count <= width ? text : text.prefix(width - 1) + "~"
        let blanks = String(repeating: " ", count: width - shown.count)
        return onLeft ? blanks + shown : shown + blanks
    }
}
