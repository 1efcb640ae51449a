/// A tar archive in the ustar format (POSIX.1-2017, pax, "ustar Interchange Format"): plain files,
/// readable by their owner.
struct TarArchive {
    /// The longest name of a file, in bytes; the format's field without a prefix.
    static let nameBytes = 100
    private static let blockBytes = 512

    private var blocks: [UInt8] = []
    private let seconds: Int64

    /// An archive whose files are of this moment, in seconds since 1970.
    init(at seconds: Int64) {
        self.seconds = max(0, seconds)
    }

    /// Adds a file.
    mutating func add(_ name: String, _ bytes: [UInt8]) {
        blocks += header(name, size: bytes.count) + bytes
        let rest = bytes.count % Self.blockBytes
        if rest > 0 { blocks += [UInt8](repeating: 0, count: Self.blockBytes - rest) }
    }

    /// The archive, with the two empty blocks of its end.
    var bytes: [UInt8] { blocks + [UInt8](repeating: 0, count: 2 * Self.blockBytes) }

    private func header(_ name: String, size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: Self.blockBytes)
        func put(_ text: String, at offset: Int, limit: Int) {
            for (index, byte) in text.utf8.prefix(limit).enumerated() {
                header[offset + index] = byte
            }
        }
        put(name, at: 0, limit: Self.nameBytes)
        put(Self.octal(0o600, digits: 7), at: 100, limit: 7)
        put(Self.octal(0, digits: 7), at: 108, limit: 7)
        put(Self.octal(0, digits: 7), at: 116, limit: 7)
        put(Self.octal(Int64(size), digits: 11), at: 124, limit: 11)
        put(Self.octal(seconds, digits: 11), at: 136, limit: 11)
        // The checksum is counted with blanks in its own place.
        put("        ", at: 148, limit: 8)
        put("0", at: 156, limit: 1)
        put("ustar", at: 257, limit: 5)
        put("00", at: 263, limit: 2)
        let sum = header.reduce(Int64(0)) { $0 + Int64($1) }
        put(Self.octal(sum, digits: 6) + "\0 ", at: 148, limit: 8)
        return header
    }

    private static func octal(_ number: Int64, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
