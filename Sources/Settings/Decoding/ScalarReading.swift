extension SettingsReader {
    /// `true` or `false`.
    func bool() -> Bool {
        guard let text = scalar(as: "true or false") else { return false }
        switch text {
        case "true": return true
        case "false": return false
        default: break
        }
        let mend =
            switch text.lowercased() {
            case "yes", "on", "true", "y", "1", "enabled": "write true"
            case "no", "off", "false", "n", "0", "disabled": "write false"
            default: "write true or false"
            }
        node.problem("\(node.subject) cannot be `\(text)`", mend: mend)
        return false
    }

    /// Any text, as it stands there.
    func string() -> String { scalar(as: "a text") ?? "" }

    /// A whole number, decimal or `0x` and hexadecimal digits.
    func integer<T: FixedWidthInteger>(_ type: T.Type) -> T {
        guard let text = scalar(as: "a whole number") else { return 0 }
        let isNegative = text.hasPrefix("-")
        let magnitude = isNegative ? text.dropFirst() : text[...]
        let isHexadecimal = magnitude.hasPrefix("0x") || magnitude.hasPrefix("0X")
        let digits = isHexadecimal ? magnitude.dropFirst(2) : magnitude
        guard !digits.isEmpty,
            digits.allSatisfy({ $0.isASCII && (isHexadecimal ? $0.isHexDigit : $0.isNumber) })
        else { return refuse(text) }
        if !isHexadecimal, digits.count > 1, digits.first == "0" {
            let value = digits.drop { $0 == "0" }
            node.problem(
                "\(node.subject): `\(text)` begins with 0, which some read as octal",
                mend: "write \(isNegative ? "-" : "")\(value.isEmpty ? "0" : value)")
            return 0
        }
        let signed = (isNegative ? "-" : "") + digits
        if let value = T(signed, radix: isHexadecimal ? 16 : 10) { return value }
        let mend = "write a number from \(T.min) to \(T.max)"
        node.problem(
            "\(node.subject) is \(text), which is out of range",
            mend: sheetAdvice(text).map { "\(mend); \($0)" } ?? mend)
        return 0
    }

    /// Six digits of a data sheet: the kind of the register, and its number from 1.
    private func sheetAdvice(_ text: String) -> String? {
        let kinds = ["holding": 400_001, "input": 300_001, "discrete": 100_001]
        guard let key = node.path.last, let first = kinds[key], let number = Int(text),
            (first...first + 65535).contains(number)
        else { return nil }
        return "a data sheet's \(number) is \(key): \(number - first)"
    }

    private func refuse<T: FixedWidthInteger>(_ text: String) -> T {
        let sheet = text.dropLast()
        if text.last?.lowercased() == "h", sheet.count <= 16, sheet.allSatisfy(\.isHexDigit),
            sheet.first?.isNumber == true
        {
            node.problem(
                "\(node.subject): `\(text)` is not a whole number", mend: "write 0x\(sheet)")
            return 0
        }
        let isFraction = text.contains { $0 == "." || $0 == "," } && text.contains { $0.isNumber }
        node.problem(
            "\(node.subject): `\(text)` is not a whole number",
            mend: isFraction ? "write it without a fraction" : "write digits only, such as 12")
        return 0
    }

    /// A decimal number, with a point and an exponent if need be.
    func double() -> Double {
        guard let text = scalar(as: "a number") else { return 0 }
        if Self.isDecimal(text), let value = Double(text), value.isFinite { return value }
        let comma = text.split(separator: ",", omittingEmptySubsequences: false)
        let pointed = comma.joined(separator: ".")
        let mend =
            if comma.count == 2, Self.isDecimal(pointed) {
                "write the decimal sign as a point: \(pointed)"
            } else if text.hasPrefix("."), Self.isDecimal("0" + text) {
                "write 0\(text)"
            } else {
                "write digits, with a decimal point if need be, such as 0.5"
            }
        node.problem("\(node.subject): `\(text)` is not a number", mend: mend)
        return 0
    }

    /// `-12`, `0.5`, `1e-3`: digits, a point between digits, an exponent; nothing else.
    private static func isDecimal(_ text: String) -> Bool {
        let unsigned = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let halves = unsigned.split(
            maxSplits: 1, omittingEmptySubsequences: false,
            whereSeparator: { $0 == "e" || $0 == "E" })
        let number = halves[0].split(
            separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard number.allSatisfy(isDigits) else { return false }
        guard halves.count == 2 else { return true }
        return isDigits(
            halves[1].hasPrefix("-") || halves[1].hasPrefix("+") ? halves[1].dropFirst() : halves[1]
        )
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
