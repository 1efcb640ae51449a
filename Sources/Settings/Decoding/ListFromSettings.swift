import Telemetry

/// A list that leaves out the entries that cannot be read, so that the others are looked at too.
protocol ListFromSettings {
    init(reading reader: SettingsReader)
}

extension Array: ListFromSettings where Element: Decodable {
    init(reading reader: SettingsReader) {
        guard reader.isSequence() else {
            self = []
            return
        }
        self = reader.node.items.compactMap { try? SettingsReader(node: $0).read(Element.self) }
    }
}

extension NamedList: ListFromSettings where Element: Decodable {
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
