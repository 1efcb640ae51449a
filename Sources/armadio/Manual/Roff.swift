/// Text as roff takes it (groff_char(7), groff_man(7)).
enum Roff {
    /// A text that shows as it is: a dash stays one that can be copied, and no line is a request.
    static func text(_ text: String) -> String {
        var roff = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": roff += "\\e"
            case "-": roff += "\\-"
            case "~": roff += "\\(ti"
            case "^": roff += "\\(ha"
            case "'": roff += "\\(aq"
            case "\"": roff += "\\(dq"
            case "`": roff += "\\(ga"
            case "\n": roff += " "
            case _ where scalar.isASCII: roff.unicodeScalars.append(scalar)
            default: roff += "\\[u\(hex(scalar))]"
            }
        }
        return roff.first == "." ? "\\&" + roff : roff
    }

    /// A sentence in which `code` is bold.
    static func sentence(_ words: String) -> String {
        let parts = words.split(separator: "`", omittingEmptySubsequences: false)
        // A single backtick is itself.
        guard parts.count % 2 == 1 else { return text(words) }
        return parts.enumerated().map { index, part in
            index % 2 == 0 ? text(String(part)) : bold(String(part))
        }.joined()
    }

    /// What is to be typed: names bold, `<values>` in italics, brackets and dots as they are.
    static func usage(_ words: String) -> String {
        var roff = ""
        var rest = words[...]
        while let first = rest.first {
            if first == "<", let end = rest.firstIndex(of: ">") {
                roff += italic(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else if isOfName(first) {
                let name = rest.prefix(while: isOfName)
                roff += bold(String(name))
                rest = rest[name.endIndex...]
            } else {
                roff += text(String(first))
                rest = rest.dropFirst()
            }
        }
        return roff
    }

    private static func isOfName(_ character: Character) -> Bool {
        character == "-" || character.isLetter || character.isNumber
    }

    static func bold(_ words: String) -> String { "\\fB" + text(words) + "\\fR" }
    static func italic(_ words: String) -> String { "\\fI" + text(words) + "\\fR" }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
