import Glibc
import Settings
import Testing

/// Every value of every configuration that lies about here, removed, replaced, and added to.
@Suite struct SampleEditTests {
    private static let root =
        #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    /// The files, and the examples of the README.
    private static var samples: [(name: String, text: String)] {
        get throws {
            var samples: [(name: String, text: String)] = []
            for folder in ["/Tests", "/boards", "/Sources"] {
                for path in files(below: root + folder) where path.hasSuffix(".yaml") {
                    let text = String(validating: try Bytes.of(path), as: UTF8.self)
                    if let text { samples.append((path, text)) }
                }
            }
            let readme = String(decoding: try Bytes.of(root + "/README.md"), as: UTF8.self)
            for (index, piece) in readme.split(separator: "```yaml\n").dropFirst().enumerated() {
                guard let end = piece.firstRange(of: "```") else { continue }
                samples.append(("README \(index)", String(piece[..<end.lowerBound])))
            }
            return samples
        }
    }

    private static func files(below folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var files: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            if entry.pointee.d_type == UInt8(DT_DIR) {
                files += Self.files(below: path)
            } else {
                files.append(path)
            }
        }
        return files.sorted()
    }

    @Test func everyValueCanBeChangedAlone() throws {
        let samples = try Self.samples
        #expect(samples.count > 80)
        var edits = 0
        var refusals: [String] = []
        for sample in samples {
            guard let model = Model(reading: sample.text) else { continue }
            // Of a long file every so many values: each edit reads it anew.
            let paths = model.paths
            let stride = 1 + paths.count / 40
            for (index, path) in paths.enumerated() where index % stride == 0 {
                edits += 3
                refusals += try Self.edits(of: sample, model, path)
            }
        }
        #expect(edits > 2500)
        #expect(refusals.count * 20 < edits, "\(refusals)")
    }

    /// The edits of one value that were refused.
    private static func edits(
        of sample: (name: String, text: String), _ model: Model, _ path: [String]
    ) throws -> [String] {
        let original = try ConfigurationEditor(text: Array(sample.text.utf8), name: sample.name)
        var refusals: [String] = []
        for edit in ["remove", "set", "add"] {
            var editor = original
            var expected = model
            do throws(SettingsProblem) {
                switch edit {
                case "remove":
                    try editor.remove(path)
                    expected.set(path[...], to: nil)
                case "set":
                    try editor.set(path, to: "[x, 'y z']")
                    expected.set(path[...], to: .list([.text("x"), .text("y z")]))
                default:
                    let added = Array(path.dropLast()) + ["added"]
                    guard case .group = model[path.dropLast()[...]] else { continue }
                    try editor.add(added, "k: v\nl: 'w'")
                    expected.set(
                        added[...], to: .group([("k", .text("v")), ("l", .text("w"))]))
                }
            } catch {
                refusals.append("\(error)")
                continue
            }
            let text = String(decoding: editor.text, as: UTF8.self)
            #expect(Model(reading: text) == expected, "\(sample.name) \(edit) \(path): \(text)")
            let comments = { (text: String) in text.count { $0 == "#" } }
            if edit == "add" { #expect(comments(text) == comments(sample.text)) }
        }
        return refusals
    }
}
