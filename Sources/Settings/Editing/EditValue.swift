/// What a YAML text says, whatever its layout, comments, and order of keys.
indirect enum EditValue: Equatable, Sendable {
    case nothing
    case text(String)
    case list([EditValue])
    case group([String: EditValue])

    init(_ node: YAMLNode?) {
        switch node?.content {
        case .none, .unresolved: self = .nothing
        case .scalar(let text, _): self = node?.isEmpty == true ? .nothing : .text(text)
        case .sequence(let items): self = .list(items.map { EditValue($0) })
        case .mapping(let entries):
            self = .group(
                Dictionary(
                    entries.map { ($0.key, EditValue($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }

    /// The value with another one at a path, or with none there.
    func with(_ value: EditValue?, at path: ArraySlice<String>) -> EditValue {
        guard let key = path.first else { return value ?? .nothing }
        switch self {
        case .list(var items):
            guard let index = Int(key), index <= items.count else { return self }
            let old = index < items.count ? items[index] : .nothing
            let isRemoval = path.count == 1 && value == nil
            if index < items.count { items.remove(at: index) }
            if !isRemoval { items.insert(old.with(value, at: path.dropFirst()), at: index) }
            return .list(items)
        case .group(var entries):
            let isRemoval = path.count == 1 && value == nil
            entries[key] =
                isRemoval ? nil : (entries[key] ?? .nothing).with(value, at: path.dropFirst())
            return .group(entries)
        case .nothing, .text:
            return .group([key: EditValue.nothing.with(value, at: path.dropFirst())])
        }
    }

    /// The value of a key.
    subscript(key: String) -> EditValue? {
        if case .group(let entries) = self { entries[key] } else { nil }
    }

    /// The keys that lead to the first difference; nil for none.
    func difference(from other: EditValue) -> [String]? {
        switch (self, other) {
        case (.group(let left), .group(let right)):
            for key in Set(left.keys).union(right.keys).sorted() {
                guard let value = left[key], let counterpart = right[key] else { return [key] }
                if let path = value.difference(from: counterpart) { return [key] + path }
            }
            return nil
        case (.list(let left), .list(let right)) where left.count == right.count:
            for (index, (value, counterpart)) in zip(left, right).enumerated() {
                if let path = value.difference(from: counterpart) { return ["\(index)"] + path }
            }
            return nil
        default: return self == other ? nil : []
        }
    }
}
