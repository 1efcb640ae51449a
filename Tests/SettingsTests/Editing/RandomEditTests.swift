import Settings
import Testing

/// Random edits of random texts: the text says what it should, and stands as it did elsewhere.
@Suite struct RandomEditTests {
    /// SplitMix64 (Vigna, 2015): the same numbers in every run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private struct Edited {
        var text: String
        var refusals = 0
    }

    @Test(arguments: 0..<20)
    func onlyWhatWasAskedForChanges(_ seed: Int) throws {
        var refusals = 0
        var count = 0
        for round in 0..<40 {
            var document = RandomDocument(Numbers(state: UInt64(seed * 1000 + round)))
            var text = document.make()
            var model = try #require(Model(reading: text), "\(seed) \(round): \(text)")
            for _ in 0..<6 {
                count += 1
                guard let next = try Self.edit(&document, text, &model) else {
                    refusals += 1
                    continue
                }
                text = next
            }
        }
        // What a text cannot take is refused; that must be the exception.
        #expect(refusals * 20 < count, "\(refusals) of \(count)")
    }

    /// One edit; nil if it was refused.
    private static func edit(
        _ document: inout RandomDocument, _ text: String, _ model: inout Model
    ) throws -> String? {
        var editor = try ConfigurationEditor(text: Array(text.utf8), name: "f")
        var expected = model
        let paths = model.paths
        let isRemoval = document.chance(3) && !paths.isEmpty
        var path = paths.isEmpty ? [] : document.pick(paths)
        if !isRemoval, document.chance(2) {
            switch model[path[...]] {
            case .list(let items): path += ["\(items.count)"]
            case .group, nil: path += ["new\(paths.count)"]
            case .text: break
            }
        }
        if path.isEmpty { path = ["new"] }
        let value = isRemoval ? nil : document.value(depth: document.chance(2) ? 9 : 2)
        expected.set(path[...], to: value)
        do throws(SettingsProblem) {
            if let value {
                try editor.set(path, to: yaml(value, &document))
            } else {
                try editor.remove(path)
            }
        } catch {
            #expect(editor.text == Array(text.utf8))
            return nil
        }
        let result = String(decoding: editor.text, as: UTF8.self)
        #expect(Model(reading: result) == expected, "\(path) in:\n\(text)\nbecame:\n\(result)")
        expectTheRestUntouched(text, result, path, isRemoval: isRemoval)
        model = expected
        return result
    }

    /// Where the old text's lines had to change, judged by the positions of the values alone.
    private static func expectTheRestUntouched(
        _ old: String, _ new: String, _ path: [String], isRemoval: Bool
    ) {
        let before = lines(old)
        let after = lines(new)
        let same = zip(before, after).prefix { $0 == $1 }.count
        let rest = zip(before[same...].reversed(), after[same...].reversed()).prefix { $0 == $1 }
        let touched = before[same..<(before.count - rest.count)]
        let file = SettingsFile(text: old, name: "f")
        let node = path.reduce(file.root) { node, key in
            node?[key]
                ?? Int(key).flatMap { index in
                    node?.items.indices.contains(index) == true ? node?.items[index] : nil
                }
        }
        let about = "\(path) in:\n\(old)\nbecame:\n\(new)"
        guard node != nil else {
            // An added value touches the line that it goes into, or that says `{}`; and a last line
            // that was not ended.
            #expect(touched.count <= 2, "\(about)")
            return
        }
        var key = file.locate(path, key: true).position.line
        // An item may begin on a line below its dash.
        if Int(path[path.count - 1]) != nil {
            key = file.locate(Array(path.dropLast())).position.line
        }
        let first = isRemoval ? 1 : key
        #expect(same + 1 >= first || touched.isEmpty, "\(about)")
        // No comment behind the value's lines is lost, except those that stand further in.
        for line in touched where line.contains("# c") && !isRemoval {
            guard let mark = line.firstRange(of: "# c"), node?.range.lowerBound.line == key else {
                continue
            }
            let isWithin =
                node.map { !$0.keys.isEmpty || !$0.items.isEmpty || $0.text?.contains("#") == true }
                ?? false
            #expect(isWithin || new.contains(line[mark.lowerBound...]), "\(about)")
        }
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    }

    private static func yaml(_ model: Model, _ document: inout RandomDocument) -> String {
        switch model {
        case .text(let text): return ConfigurationEditor.scalar(text)
        case .list(let items):
            let inner = items.map { yaml($0, &document) }
            guard !inner.isEmpty, !inner.contains(where: { $0.contains("\n") }), document.chance(2)
            else { return flow(model) }
            return inner.map { "- \($0)" }.joined(separator: "\n")
        case .group(let entries):
            guard !entries.isEmpty, document.chance(2) else { return flow(model) }
            return entries.map { entry in
                let inner = yaml(entry.value, &document)
                let name = ConfigurationEditor.scalar(entry.key)
                guard inner.contains("\n") || inner.hasPrefix("- ") || isBlock(inner, entry.value)
                else { return "\(name): \(inner)" }
                return "\(name):\n"
                    + inner.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
            }.joined(separator: "\n")
        }
    }

    private static func isBlock(_ yaml: String, _ model: Model) -> Bool {
        if case .group = model { !yaml.hasPrefix("{") } else { false }
    }

    private static func flow(_ model: Model) -> String {
        switch model {
        case .text(let text):
            "\""
                + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n") + "\""
        case .list(let items): "[" + items.map { flow($0) }.joined(separator: ", ") + "]"
        case .group(let entries):
            "{" + entries.map { "\"\($0.key)\": \(flow($0.value))" }.joined(separator: ", ") + "}"
        }
    }
}
