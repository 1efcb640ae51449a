import Telemetry

/// A type that looks at the node itself, where `Decodable` would give up too early or cannot ask.
protocol ReadFromSettings {
    init(reading reader: SettingsReader) throws
}

/// Entries that cannot be read are left out, so that the others are looked at too.
extension Array: ReadFromSettings where Element: Decodable {
    init(reading reader: SettingsReader) {
        guard reader.isSequence() else {
            self = []
            return
        }
        self = reader.node.items.compactMap { try? SettingsReader(node: $0).read(Element.self) }
    }
}

/// As an array.
extension NamedList: ReadFromSettings where Element: Decodable {
    init(reading reader: SettingsReader) {
        self.init()
        guard reader.isMapping(), let value = reader.node.value else { return }
        reader.node.report.ask(all: reader.node.keys, of: value.id)
        entries = reader.node.entries.compactMap { entry in
            let child = SettingsReader(node: reader.node.child(entry))
            return (try? child.read(Element.self)).map { (entry.key, $0) }
        }
    }
}

extension ScalarOrFields: ReadFromSettings {
    init(reading reader: SettingsReader) throws {
        if case .mapping = reader.node.value?.content {
            self = .fields(try reader.read(Fields.self))
        } else {
            self = .scalar(try reader.read(Scalar.self))
        }
    }
}

extension OneOrMore: ReadFromSettings {
    init(reading reader: SettingsReader) throws {
        if case .sequence = reader.node.value?.content {
            self.init(try reader.read([Element].self))
        } else {
            self.init([try reader.read(Element.self)])
        }
    }
}
