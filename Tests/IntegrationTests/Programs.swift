import FoundationEssentials
import TestSupport
import Testing

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
