import ArgumentParser
import Boards
import Gateway

/// What a shell may offer for an argument that names something of the cabinet.
///
/// Asked at each press of Tab: nothing is opened but files, nothing is said, and what cannot be
/// known is not offered.
enum Offer {
    /// The most words of one offer: more than anybody reads.
    static let limit = 200

    /// `DEVICE`, and `DEVICE/POINT`.
    static let devicesAndPoints = names { names, word in
        names.devices(from: word) + names.points(from: word)
    }
    /// `DEVICE`
    static let devices = names { names, word in names.devices(from: word) }
    /// `DEVICE/POINT`
    static let points = names { names, word in names.points(from: word) }
    /// `DEVICE/POINT`, of points that can be set.
    static let writablePoints = names { names, word in names.points(from: word, writable: true) }
    /// Modbus buses of the configuration, and serial ports.
    static let modbusTargets = names { names, word in
        names.modbusBuses + DeviceNodes.serialPorts(from: word)
    }
    /// I2C buses of the configuration, and adapters.
    static let i2cTargets = names { names, word in
        names.i2cBuses + DeviceNodes.adapters(from: word)
    }
    /// Device profiles.
    static let profiles = names { names, _ in names.profiles.names }
    /// Boards.
    static let boards = names { names, _ in names.boards.names }

    private static func names(
        _ offer: @escaping @Sendable (ConfiguredNames, String) -> [String]
    ) -> CompletionKind {
        .custom { words, index, prefix in
            // bash hands over no prefix of a word that the cursor is behind.
            let current = words.indices.contains(index) ? words[index] : ""
            let word = prefix.isEmpty ? current : prefix
            let offered = offer(ConfiguredNames(words: words), word)
            return Array(offered.lazy.filter { $0.hasPrefix(word) && isPlain($0) }.prefix(limit))
        }
    }

    /// Whether a shell takes a word as it stands: a name that needs quotes is typed by hand.
    private static func isPlain(_ word: String) -> Bool {
        word.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7F && !#"'"`$\;&|<>(){}*?#:"#.utf8.contains($0)
        }
    }
}
