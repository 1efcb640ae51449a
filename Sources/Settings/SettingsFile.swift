/// A configuration file: its values with their places, and the list of its problems.
///
/// ```swift
/// let file = SettingsFile(path: "/etc/armadio/cabinet.yaml")
/// let settings = try file.load { settings in
///     for (_, device) in settings.devices.entries {
///         let options = device.node.decode(Options.self)   // problems go to the file's list
///     }
/// }
/// ```
public struct SettingsFile: Sendable {
    /// The file's name, as messages have it.
    public let name: String
    /// What was read; empty if it could not be.
    public let bytes: [UInt8]
    /// The top level; nil if the text could not be read.
    public let root: SettingsNode?
    private let report: Report

    /// Reads a file. That it could not be read is one of its problems.
    ///
    /// - Parameters:
    ///   - limit: How many bytes it may have.
    ///   - beginning: What is to stand in an empty one.
    public init(
        path: String, limit: Int = SettingsLimits.fileBytes, beginning: String = "gateway: NAME"
    ) {
        do throws(FileTrouble) {
            let file = try FileBytes(path: path, limit: limit)
            guard file.bytes.count <= limit else {
                throw FileTrouble(
                    what: "has more than \(limit >> 10) KiB",
                    mend: "check that it is the right file")
            }
            self.init(bytes: file.bytes, name: path, beginning: beginning)
        } catch {
            let trouble = YAMLMistake(
                position: .start, what: "the file \(error.what)", mend: error.mend)
            self.init(root: nil, mistakes: [trouble], name: path, bytes: [])
        }
    }

    /// Reads a text; messages call it `name`.
    public init(text: String, name: String) {
        self.init(bytes: Array(text.utf8), name: name)
    }

    /// Reads the bytes of a file; messages call it `name`.
    public init(bytes: [UInt8], name: String, beginning: String = "gateway: NAME") {
        let document = YAMLDocument(bytes)
        self.init(
            root: document.root, mistakes: document.mistakes, name: name, bytes: bytes,
            beginning: beginning)
    }

    private init(
        root: YAMLNode?, mistakes: [YAMLMistake], name: String, bytes: [UInt8],
        beginning: String = ""
    ) {
        self.name = name
        self.bytes = bytes
        let report = Report(name: name)
        for mistake in mistakes {
            let problem = SettingsProblem(path: [], what: mistake.what, mend: mistake.mend)
            report.add(problem, at: mistake.position)
        }
        self.report = report
        let value = root?.resolved.flatMap { $0.isEmpty ? nil : $0 }
        self.root = value.map {
            SettingsNode(path: [], value: $0, keyPosition: nil, report: report)
        }
        if value == nil, mistakes.isEmpty {
            let problem = SettingsProblem(
                path: [], what: "the file is empty", mend: "begin with `\(beginning)`")
            report.add(problem, at: .start)
        }
    }

    /// The text of a file as it is; nil if it cannot be read, is larger than `limit` or no text.
    public static func text(path: String, limit: Int = SettingsLimits.fileBytes) -> String? {
        do {
            let bytes = try FileBytes(path: path, limit: limit).bytes
            return bytes.count > limit ? nil : String(validating: bytes, as: UTF8.self)
        } catch {
            return nil
        }
    }

    private init(name: String, bytes: [UInt8], root: SettingsNode, report: Report) {
        (self.name, self.bytes, self.root, self.report) = (name, bytes, root, report)
    }

    /// The same file, its list of problems shared, with another tree.
    func with(root: YAMLNode) -> SettingsFile {
        SettingsFile(
            name: name, bytes: bytes,
            root: SettingsNode(path: [], value: root, keyPosition: nil, report: report),
            report: report)
    }

    /// Takes in problems of another file that this one depends on.
    func adopt(_ problems: [SettingsProblem]) {
        for problem in problems { report.adopt(problem) }
    }

    /// All problems found so far, unknown keys included: each once, in the order of their places.
    public var problems: [SettingsProblem] { report.problems(in: root?.value) }

    /// Adds a problem that another module has found, at the place of its path or, `atKey`, of the
    /// path's last key; left out if it follows from a problem that is there already.
    public func report(_ problem: SettingsProblem, atKey isAtKey: Bool = false) {
        let position = isFull ? .start : locate(problem.path, key: isAtKey).position
        report.add(problem, at: position, isDecoding: false)
    }

    /// Whether further problems are only counted, and need neither place nor advice.
    var isFull: Bool { report.isFull }

    /// Where the value of a path stands, or its key; if it is not there, the key of the nearest
    /// group that would contain it.
    public func locate(_ path: [String], key wantsKey: Bool = false) -> SettingsLocation {
        var node = root
        var position = node?.range.lowerBound ?? .start
        for (index, key) in path.enumerated() {
            guard let next = node?[key] ?? node?.items.first(where: { $0.path.last == key }) else {
                break
            }
            let isLast = index == path.count - 1
            let value = next.range.lowerBound
            position = isLast && !wantsKey ? value : next.keyPosition ?? value
            node = next
        }
        return SettingsLocation(file: name, position: position)
    }

    /// The settings, with placeholders where there are problems; nil if there is nothing to go
    /// on with. For use only once `problems` is empty: `load` sees to that.
    public func read() -> CabinetSettings? {
        guard let root else { return nil }
        guard let settings = root.decode(CabinetSettings.self) else { return nil }
        CabinetCheck(settings: settings, file: self).run()
        return settings
    }

    /// The settings of a file without problems.
    ///
    /// - Parameter decodeDevices: decodes what the drivers understand (`DeviceSettings.node`),
    ///   and reports what it finds; called also if there are problems, to find the others.
    /// - Throws: all problems.
    public func load(
        decodingDevices decodeDevices: (CabinetSettings) -> Void = { _ in }
    ) throws(SettingsProblems) -> CabinetSettings {
        let settings = read()
        if let settings { decodeDevices(settings) }
        let problems = problems
        guard problems.isEmpty, let settings else { throw SettingsProblems(problems) }
        return settings
    }
}

/// All problems of a file.
public struct SettingsProblems: Error, Hashable, Sendable, CustomStringConvertible {
    /// The problems in the order of their places.
    public var problems: [SettingsProblem]

    /// Some problems.
    public init(_ problems: [SettingsProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
