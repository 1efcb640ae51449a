/// Makes names of points and profiles from the words of a template.
struct TemplateNames {
    /// How many bytes a name has at most, so that a number still fits behind it.
    private static let longest = 56

    private var taken: Set<String> = []
    private var counts: [String: Int] = [:]

    /// A name that was not given out before: of the words, else with the group before them, else
    /// with a number behind.
    mutating func unique(_ words: String, group: String?) -> String {
        let plain = Self.kebab(words) ?? "point"
        if taken.insert(plain).inserted { return plain }
        let base = group.flatMap { Self.kebab($0 + " " + words) } ?? plain
        if taken.insert(base).inserted { return base }
        while true {
            let count = counts[base, default: 1] + 1
            counts[base] = count
            let numbered = "\(base)-\(count)"
            if taken.insert(numbered).inserted { return numbered }
        }
    }

    /// Lower-case Latin words with hyphens between them; nil if nothing is left.
    static func kebab(_ words: String) -> String? {
        var name = ""
        for scalar in words.lowercased().unicodeScalars {
            guard name.utf8.count < longest else { break }
            if let piece = piece(scalar) {
                name += piece
            } else if name.last != "-", !name.isEmpty {
                name += "-"
            }
        }
        name = String(decoding: name.utf8.prefix(longest), as: UTF8.self)
        while name.last == "-" { name.removeLast() }
        return name.isEmpty ? nil : name
    }

    /// A scalar in Latin letters; nil for what separates words.
    private static func piece(_ scalar: Unicode.Scalar) -> String? {
        if (97...122).contains(scalar.value) || (48...57).contains(scalar.value) {
            return String(scalar)
        }
        return latin[scalar]
    }

    /// Russian letters as passports have them (ICAO 9303 part 3), and letters with accents.
    private static let latin: [Unicode.Scalar: String] = [
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh",
        "з": "z", "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o",
        "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts",
        "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu",
        "я": "ia", "і": "i", "ї": "i", "є": "ie", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss",
        "à": "a", "á": "a", "â": "a", "ã": "a", "å": "a", "ç": "c", "è": "e", "é": "e",
        "ê": "e", "ë": "e", "ì": "i", "í": "i", "î": "i", "ï": "i", "ñ": "n", "ò": "o",
        "ó": "o", "ô": "o", "õ": "o", "ø": "o", "ù": "u", "ú": "u", "û": "u", "µ": "u",
        "μ": "u", "φ": "phi", "ω": "omega", "δ": "delta", "²": "2", "³": "3", "₂": "2",
        "+": "plus", "%": "percent",
    ]
}
