import Console
import Glibc
import Telemetry
import Uplink

/// Packs a bundle so that it keeps within its size.
struct BundlePack {
    /// A part below this size is not cut but left out.
    private static let leastBytes = 1024
    /// The most bytes of all parts before they are compressed.
    static let wholeLimit = 24 << 20

    var entries: [BundleEntry]
    var gaps: [BundleGap]
    let unknown: [String]
    let version: String
    let wall: WallTime
    var redactor: Redactor

    /// The archive and what is in it. Halves the largest part until it is small enough.
    func packed(
        limit: Int
    ) throws(BundleFailure) -> (bytes: [UInt8], summary: SupportBundle.Summary) {
        var pack = self
        while pack.entries.reduce(0, { $0 + $1.bytes.count }) > Self.wholeLimit {
            pack.cutLargest()
        }
        while true {
            let bytes = try pack.archive()
            if bytes.count <= limit { return (bytes, pack.summary(bytes.count)) }
            guard !pack.entries.isEmpty else {
                throw BundleFailure("the bundle's index alone is larger than \(limit) bytes")
            }
            pack.cutLargest()
        }
    }

    private mutating func cutLargest() {
        let sizes = entries.map(\.bytes.count)
        guard let index = sizes.indices.max(by: { sizes[$0] < sizes[$1] }) else { return }
        if sizes[index] <= Self.leastBytes {
            gaps.append(BundleGap(name: entries[index].name, reason: "the bundle was full"))
            entries.remove(at: index)
        } else {
            entries[index].cut(to: sizes[index] / 2)
        }
    }

    private func archive() throws(BundleFailure) -> [UInt8] {
        let seconds = wall.nanosecondsSince1970 / 1_000_000_000
        var archive = TarArchive(at: seconds)
        var redactor = redactor
        archive.add(Self.folder + "index.txt", redactor.clean(Array(index.utf8)))
        for entry in entries {
            let name = redactor.clean(Array((Self.folder + entry.name).utf8))
            archive.add(String(decoding: name, as: UTF8.self), entry.bytes)
        }
        guard let bytes = Deflate.compress(archive.bytes[...], .gzip, .thorough) else {
            throw BundleFailure("there is not enough memory to compress the bundle")
        }
        return bytes
    }

    private static let folder = "armadio-support/"

    private var index: String {
        var lines = [
            "armadio \(version), support bundle of \(wall)", "",
            "\(redactor.removed) places had a secret; `\(Redactor.mark)` stands there.",
        ]
        lines += unknown.map {
            "NOT KNOWN to who made this bundle, and so not looked for in the logs: \($0)"
        }
        lines += ["", table(["FILE", "BYTES", "CUT FROM"], rows)]
        if !gaps.isEmpty { lines += ["", "Missing:"] }
        lines += gaps.map { "  \($0.name): \($0.reason)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private var rows: [[String]] {
        entries.map { entry in
            [entry.name, "\(entry.bytes.count)", entry.wholeBytes.map { "\($0)" } ?? "-"]
        }
    }

    private func summary(_ bytes: Int) -> SupportBundle.Summary {
        SupportBundle.Summary(
            file: nil, bytes: bytes, wholeBytes: entries.reduce(0) { $0 + $1.bytes.count },
            files: entries.map(\.name), cut: entries.filter { $0.wholeBytes != nil }.map(\.name),
            missing: gaps.map { "\($0.name): \($0.reason)" }, secretsRemoved: redactor.removed,
            secretsUnknown: unknown)
    }
}
