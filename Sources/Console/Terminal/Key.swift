/// A key, as a terminal tells of it.
public enum Key: Sendable, Hashable {
    /// What is typed: a letter, a digit, a blank.
    case character(Character)
    /// A letter with Ctrl held down, in lower case.
    case control(Character)
    /// The keys beside them.
    case up, down, left, right, pageUp, pageDown, home, end
    /// The keys that edit.
    case enter, tab, backspace, delete, escape
}

/// Makes keys of a terminal's bytes, in whatever pieces they come (ECMA-48; UTF-8).
public struct KeyDecoder: Sendable {
    /// How long the rest of a key may take, in milliseconds, until what has come is taken for keys
    /// of its own; more than a slow line needs, less than a person notices.
    public static let patienceMilliseconds: Int32 = 100
    /// The most bytes of one key; a longer sequence is thrown away.
    private static let longest = 32

    private var waiting: [UInt8] = []

    /// A decoder that has seen nothing.
    public init() {}

    /// Whether a key has begun and is not complete.
    public var isWaiting: Bool { !waiting.isEmpty }

    /// The keys that are complete with these bytes.
    public mutating func take(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes {
            waiting.append(byte)
            while let first = waiting.first, let (length, key) = next(first) {
                waiting.removeFirst(length)
                if let key { keys.append(key) }
            }
        }
        return keys
    }

    /// No more bytes came for a while: what has come is all. An escape alone is that key.
    public mutating func timeOut() -> [Key] {
        defer { waiting = [] }
        return waiting == [0x1B] ? [.escape] : []
    }

    /// The first key's length and what it is, if anything; nil if it is not complete.
    private func next(_ first: UInt8) -> (length: Int, key: Key?)? {
        switch first {
        case 0x1B: sequence
        case 0x0D, 0x0A: (1, .enter)
        case 0x09: (1, .tab)
        case 0x08, 0x7F: (1, .backspace)
        case 0x01...0x1A: (1, .control(Character(Unicode.Scalar(first + 0x60))))
        case 0x20...0x7E: (1, .character(Character(Unicode.Scalar(first))))
        case 0xC2...0xF4: letter(first)
        default: (1, nil)
        }
    }

    private func letter(_ first: UInt8) -> (length: Int, key: Key?)? {
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        if let wrong = waiting.dropFirst().firstIndex(where: { $0 & 0xC0 != 0x80 }),
            wrong < length
        {
            return (wrong, nil)
        }
        guard waiting.count >= length else { return nil }
        let text = String(decoding: waiting.prefix(length), as: UTF8.self)
        guard let letter = text.first, text.count == 1, columns(of: letter) != nil,
            letter != "\u{FFFD}"
        else { return (length, nil) }
        return (length, .character(letter))
    }

    /// ESC [ parameters final, or ESC O final.
    private var sequence: (length: Int, key: Key?)? {
        guard waiting.count > 1 else { return nil }
        switch waiting[1] {
        case UInt8(ascii: "O"):
            return waiting.count > 2 ? (3, Self.key(waiting[2], [])) : nil
        case UInt8(ascii: "["):
            guard let end = waiting.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) })
            else { return waiting.count >= Self.longest ? (waiting.count, nil) : nil }
            return (end + 1, Self.key(waiting[end], waiting[2..<end]))
        case 0x1B: return (1, .escape)
        // Alt with a letter: neither of both is meant.
        default: return (2, nil)
        }
    }

    private static func key(_ final: UInt8, _ parameters: ArraySlice<UInt8>) -> Key? {
        switch Character(Unicode.Scalar(final)) {
        case "A": .up
        case "B": .down
        case "C": .right
        case "D": .left
        case "H": .home
        case "F": .end
        case "M": .enter
        case "~": numbered(parameters)
        default: nil
        }
    }

    private static func numbered(_ parameters: ArraySlice<UInt8>) -> Key? {
        switch String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self) {
        case "1", "7": .home
        case "4", "8": .end
        case "3": .delete
        case "5": .pageUp
        case "6": .pageDown
        default: nil
        }
    }
}
