/// Text that moves no cursor and changes no terminal: what is not a letter of one or two columns is
/// a question mark. For names and messages of devices and brokers, which may hold anything.
public func printable(_ text: String) -> String {
    String(text.map { columns(of: $0) == nil ? "?" : $0 })
}

/// How many columns a text takes on a terminal.
public func displayWidth(_ text: String) -> Int {
    text.reduce(0) { $0 + (columns(of: $1) ?? 1) }
}

/// A text in exactly so many columns: cut with a mark, or with blanks behind it.
public func fitted(_ text: String, _ width: Int, onRight: Bool = false) -> String {
    let text = printable(text)
    let length = displayWidth(text)
    if length <= width {
        let blanks = String(repeating: " ", count: width - length)
        return onRight ? blanks + text : text + blanks
    }
    guard width > 0 else { return "" }
    var (kept, used) = ("", 0)
    for letter in text {
        let columns = columns(of: letter) ?? 1
        guard used + columns < width else { break }
        kept.append(letter)
        used += columns
    }
    return kept + "~" + String(repeating: " ", count: width - used - 1)
}

/// How many columns a character takes; nil if it is none that may be shown.
func columns(of character: Character) -> Int? {
    if let ascii = character.asciiValue { return (0x20..<0x7F).contains(ascii) ? 1 : nil }
    let scalars = character.unicodeScalars
    // A base and its marks; what is piled up higher belongs in no name.
    guard let base = scalars.first, scalars.count <= 3, let width = columns(of: base),
        scalars.dropFirst().allSatisfy(isMark)
    else { return nil }
    return width
}

private func isMark(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .nonspacingMark && scalar.value < 0xE0000
}

private func columns(of scalar: Unicode.Scalar) -> Int? {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
        nil
    default: wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
}

/// What takes two columns (Unicode's EastAsianWidth.txt, W and F, in blocks).
private let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23F3, 0x25FD...0x25FE, 0x2614...0x2615,
    0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1, 0x26AA...0x26AB,
    0x26BD...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
    0x2728...0x2728, 0x274C...0x2757, 0x2795...0x2797, 0x27B0...0x27BF, 0x2B1B...0x2B1C,
    0x2B50...0x2B55, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18CFF,
    0x1B000...0x1B2FF, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF, 0x1F18E...0x1F19A,
    0x1F200...0x1F64F, 0x1F680...0x1F6FF, 0x1F7E0...0x1F7EB, 0x1F90C...0x1FAFF,
    0x20000...0x3FFFD,
]
