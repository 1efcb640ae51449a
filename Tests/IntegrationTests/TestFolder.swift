import FoundationEssentials
import Glibc
import Platform
import TestSupport
import Testing

/// A folder that one test has for itself; gone with the test.
final class TestFolder: Sendable {
    let path: String

    init() throws(SystemError) {
        var template = Array("/tmp/armadio-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError("mkdtemp", "/tmp") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            // What is left lies in /tmp, and says whose it was.
        }
    }

    /// Writes a file, within folders as its name has it, and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = URL(filePath: path(name))
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file, options: .atomic)
        return path(name)
    }

    func path(_ name: String) -> String { path + "/" + name }

    /// The names of what is in it.
    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// Runs this project's binary to its end.
func armadio(_ arguments: String...) async throws -> TestProcess.Outcome {
    try await TestProcess(armadio: arguments).run()
}

/// Starts a Modbus server of another library, with the port that it takes.
func startServer(_ program: String) async throws -> (process: TestProcess, port: UInt16) {
    let server = TestProcess(support: program)
    try await server.start()
    return (server, try #require(UInt16(try await server.line())))
}

/// Decodes what a program has printed as JSON.
func decode<T: Decodable>(_ type: T.Type, from text: String) throws -> T {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}

/// A value in JSON.
enum JSONValue: Decodable, Equatable {
    case bool(Bool), number(Double), text(String)

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try value.decode(String.self))
        }
    }
}
