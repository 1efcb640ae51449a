/// Collects the keys of one mapping: refuses a key that is there already, and resolves `<<`,
/// whose keys give way to those written in the mapping itself.
struct YAMLMappingBuilder {
    private var own: [YAMLEntry] = []
    private var merged: [YAMLEntry] = []
    /// Whether a merge brings keys that are not known.
    private var isUnresolved = false
    private var places: [String: TextPosition] = [:]

    /// Adds a key; the mistake if it is there already.
    mutating func add(_ entry: YAMLEntry) -> YAMLMistake? {
        if let first = places.updateValue(entry.keyPosition, forKey: entry.key) {
            places[entry.key] = first
            return YAMLMistake(
                position: entry.keyPosition,
                what: "`\(entry.key)` is here twice, the first time in line \(first.line)",
                mend: "remove one, or give it another name")
        }
        own.append(entry)
        return nil
    }

    /// Takes in the keys of a merged mapping, or of a list of them; the first that has a key wins.
    mutating func merge(_ entry: YAMLEntry) -> YAMLMistake? {
        switch entry.value.content {
        case .mapping(let entries): merged += entries
        case .sequence(let items):
            for item in items {
                switch item.content {
                case .mapping(let entries): merged += entries
                case .unresolved: isUnresolved = true
                default: return Self.noMerge(entry)
                }
            }
        case .unresolved: isUnresolved = true
        case .scalar: return Self.noMerge(entry)
        }
        return nil
    }

    private static func noMerge(_ entry: YAMLEntry) -> YAMLMistake {
        YAMLMistake(
            position: entry.value.start, what: "`<<` takes keys from elsewhere, but this has none",
            mend: "write `<<: *name`, where `&name` marks a group of keys above")
    }

    /// The keys, merged ones first.
    func finish() -> YAMLNode.Content {
        guard !isUnresolved else { return .unresolved }
        var seen = Set(places.keys)
        return .mapping(merged.filter { seen.insert($0.key).inserted } + own)
    }
}
