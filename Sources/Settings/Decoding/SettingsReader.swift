import Telemetry

/// Thrown where no value is possible; the problem is in the report already.
struct Abandoned: Error {}

/// Reads one node as a type that the caller chose: the only place where a text gets a meaning.
struct SettingsReader {
    let node: SettingsNode

    /// The value, or a placeholder once a problem is recorded.
    func read<T: Decodable>(_ type: T.Type) throws -> T {
        if let scalar = type as? any TextScalar.Type, let value = text(scalar) as? T {
            return value
        }
        if let value = choice(type) { return value }
        if let own = type as? any ReadFromSettings.Type,
            let value = try own.init(reading: self) as? T
        {
            return value
        }
        let before = node.report.count
        do {
            return try T(from: SettingsDecoder(node: node))
        } catch {
            guard let value = node.value else { throw Abandoned() }
            node.report.excuse(value.id)
            if node.report.count == before { record(error) }
            return try T(from: SettingsDecoder(node: node.absent))
        }
    }

    /// Records what a type's own `init(from:)` has thrown.
    private func record(_ error: any Error) {
        let context: DecodingError.Context? =
            switch error {
            case DecodingError.dataCorrupted(let context): context
            case DecodingError.keyNotFound(_, let context): context
            case DecodingError.typeMismatch(_, let context): context
            case DecodingError.valueNotFound(_, let context): context
            default: nil
            }
        let path = context?.codingPath.map(\.stringValue) ?? node.path
        var place = node
        for key in path.dropFirst(node.path.count) {
            guard let next = place[key] ?? place.items.first(where: { $0.path.last == key }) else {
                break
            }
            place = next
        }
        place.problem(context?.debugDescription ?? "\(error)")
    }

    private func text<S: TextScalar>(_ type: S.Type) -> S {
        guard let text = scalar(as: "one text") else { return type.placeholder }
        do {
            return try type.init(text: text)
        } catch {
            node.problem("\(node.subject): \(error.what)", mend: error.mend)
            return type.placeholder
        }
    }

    /// A value of an enumeration with raw values whose cases can be listed; nil for other types.
    private func choice<T>(_ type: T.Type) -> T? {
        guard let enumeration = type as? any CaseIterable.Type else { return nil }
        let choices = Self.choices(enumeration).compactMap { choice in
            ((choice as? any RawRepresentable)?.rawValue).map { ("\($0)", choice) }
        }
        guard let (_, first) = choices.first else { return nil }
        let names = choices.map(\.0)
        guard let text = scalar(as: "one of \(names.joined(separator: ", "))") else {
            return first as? T
        }
        if let (_, match) = choices.first(where: { $0.0 == text }) { return match as? T }
        let near =
            Synonyms.value(text, among: names) ?? Spelling.nearest(to: text, among: names)
        node.problem(
            "\(node.subject) cannot be `\(text)`",
            mend: (near.map { "did you mean `\($0)`? " } ?? "") + "possible: "
                + names.joined(separator: ", "))
        return first as? T
    }

    private static func choices<E: CaseIterable>(_ type: E.Type) -> [Any] {
        type.allCases.map { $0 as Any }
    }

    /// The text of a scalar; nil, with the problem recorded, if there is none.
    func scalar(as expectation: String) -> String? {
        guard let value = node.value else { return nil }
        switch value.content {
        case .unresolved: return nil
        case .scalar(let text, _):
            guard value.isEmpty else { return text }
            node.problem(
                "\(node.subject) has no value", mend: "write \(expectation), or remove the key")
        case .sequence:
            node.problem("\(node.subject) is a list", mend: "write \(expectation)")
        case .mapping:
            node.problem("\(node.subject) is a group of keys", mend: "write \(expectation)")
        }
        return nil
    }

    /// Whether the node has keys; the problem is recorded if not.
    func isMapping() -> Bool {
        guard let value = node.value else { return false }
        switch value.content {
        case .mapping: return true
        case .unresolved: return false
        case .sequence:
            node.problem("\(node.subject) is a list", mend: "write `key: value` lines under it")
        case .scalar(let text, _):
            if value.isEmpty {
                node.problem(
                    "\(node.subject) is empty",
                    mend: "write its keys under it, indented, or remove it")
            } else if text.contains(":") {
                node.problem(
                    "\(node.subject) is a text, not a group of keys",
                    mend: "put a blank after the colon of each key")
            } else {
                node.problem(
                    "\(node.subject) is a text, not a group of keys",
                    mend: "write `key: value` lines under it")
            }
        }
        return false
    }

    /// Whether the node is a list; the problem is recorded if not.
    func isSequence() -> Bool {
        guard let value = node.value else { return false }
        if case .sequence = value.content { return true }
        let words = node.text?.split(separator: " ").prefix(16) ?? []
        let list = words.isEmpty ? "a, b" : words.joined(separator: ", ")
        node.problem("\(node.subject) must be a list", mend: "write it as [\(list)]")
        return false
    }
}

extension SettingsNode {
    /// Records a problem that a placeholder stands in for.
    func problem(_ what: String, mend: String = "") {
        guard let value else { return }
        let problem = SettingsProblem(path: path, what: what, mend: mend)
        report.add(
            problem, at: value.isEmpty ? keyPosition ?? value.start : value.start, isDecoding: true)
    }

    /// Records that a key is missing.
    func missing(_ key: String) {
        guard let value else { return }
        let problem = SettingsProblem(
            path: path + [key], what: "`\(key)` is missing in \(subject)", mend: "add `\(key): ...`"
        )
        report.add(problem, at: keyPosition ?? value.start, isDecoding: true)
        report.miss(problem.path)
    }
}
