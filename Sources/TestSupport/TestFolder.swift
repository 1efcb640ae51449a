import FoundationEssentials
import Glibc
import Platform

/// A folder that one test has for itself; gone with the test.
public final class TestFolder: Sendable {
    /// Its path, without a slash at the end.
    public let path: String

    /// Makes it, empty, below /tmp or another folder.
    ///
    /// - Throws: `SystemError` if it cannot be made.
    public init(below parent: String = "/tmp") throws(SystemError) {
        var template = Array((parent + "/armadio-test.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", parent) }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            // What is left lies in /tmp, and says whose it was.
        }
    }

    /// The path of what has this name in it.
    public func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file, within folders as its name has it, and returns its path.
    ///
    /// - Throws: What FileManager or Data throw.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        let file = URL(filePath: path(name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file, options: .atomic)
        return path(name)
    }

    /// The names of what is in it, sorted.
    ///
    /// - Throws: What FileManager throws.
    public var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    /// Runs lines of the shell in it, which all have to succeed.
    ///
    /// - Throws: `SystemError` or `TestProcess.Failure`, also for an exit code that is not 0.
    public func run(_ script: String) async throws {
        let process = TestProcess(["sh", "-ec", "cd '\(path)'\n" + script])
        let outcome = try await process.run()
        guard outcome.code == 0 else {
            throw TestProcess.Failure(description: "\(outcome)")
        }
    }
}
