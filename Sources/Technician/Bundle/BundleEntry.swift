/// A file of the bundle.
struct BundleEntry {
    /// Its path in the bundle.
    var name: String
    /// What is in it.
    var bytes: [UInt8]
    /// Whether its end is what matters, as of a log.
    var keepsEnd = false
    /// How many bytes it had before it was cut; nil if it was not.
    var wholeBytes: Int?

    init(_ name: String, _ bytes: [UInt8], keepsEnd: Bool = false) {
        (self.name, self.bytes, self.keepsEnd) = (Self.safe(name), bytes, keepsEnd)
    }

    init(_ name: String, _ text: String, keepsEnd: Bool = false) {
        self.init(name, Array(text.utf8), keepsEnd: keepsEnd)
    }

    /// Cuts it, at the end of a line: a log at its beginning, anything else at its end.
    mutating func cut(to limit: Int) {
        guard bytes.count > limit else { return }
        wholeBytes = wholeBytes ?? bytes.count
        if keepsEnd {
            let end = bytes.suffix(limit)
            let start = end.firstIndex(of: 0x0A).map { $0 + 1 } ?? end.endIndex
            bytes = Array(end[start...])
        } else {
            let front = bytes.prefix(limit)
            bytes = Array(front[..<(front.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)])
        }
    }

    /// A name that leads nowhere else when it is unpacked.
    private static func safe(_ name: String) -> String {
        let parts = name.split(separator: "/").map { part in
            String(
                decoding: part.utf8.map { byte in
                    Bytes.isWord(byte) || byte == UInt8(ascii: ".") ? byte : UInt8(ascii: "_")
                }, as: UTF8.self)
        }.filter { $0 != "." && $0 != ".." }
        return String(parts.joined(separator: "/").prefix(TarArchive.nameBytes))
    }
}

/// What was looked for, and why it is not in the bundle.
struct BundleGap {
    var name: String
    var reason: String
}

/// What is gathered.
struct Evidence {
    var entries: [BundleEntry] = []
    var gaps: [BundleGap] = []

    /// Adds a file, or the reason why there is none.
    mutating func add(_ name: String, keepsEnd: Bool = false, _ text: () throws -> String) {
        do {
            entries.append(BundleEntry(name, try text(), keepsEnd: keepsEnd))
        } catch {
            gaps.append(BundleGap(name: name, reason: "\(error)"))
        }
    }

    /// Adds what a program prints, its end if that is too much.
    mutating func add(
        _ name: String, keepsEnd: Bool = false, output words: [String], limit: Int
    ) {
        do throws(ProgramOutput.Failure) {
            let output = try ProgramOutput.of(words, limit: limit)
            var entry = BundleEntry(name, output.text, keepsEnd: keepsEnd)
            if output.wholeBytes > limit { entry.wholeBytes = output.wholeBytes }
            entries.append(entry)
        } catch {
            gaps.append(BundleGap(name: name, reason: "\(error)"))
        }
    }
}
