#if !DEBUG
    import Glibc

    // What the argument parser takes of FoundationEssentials: a protocol, and JSON for its option
    // `--experimental-dump-help`. In a release build this module has that library's name in the
    // symbols (`-module-abi-name` in Package.swift), so the linker finds them here and takes nothing
    // of the library: 5 MB less of program, 2 MB less of memory. Should the parser ask for more
    // some day, the linker takes the library again, and Tests/run finds it in the binary. A debug
    // build has the library itself.

    /// As there, with the same requirements in the same order: what conforms is asked for them.
    public protocol LocalizedError: Error {
        var errorDescription: String? { get }
        var failureReason: String? { get }
        var recoverySuggestion: String? { get }
        var helpAnchor: String? { get }
    }

    /// Has the symbols of the one that writes the dump. There is none of these.
    public final class JSONEncoder {
        public struct OutputFormatting: Sendable {
            public static let prettyPrinted = OutputFormatting()
            public static let sortedKeys = OutputFormatting()
        }

        public init() {
            let words = "there is no help as JSON in this binary; a debug build has it\n"
            _ = Array(words.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            exit(EX_USAGE)
        }
    }

    public struct Data {}

    extension String {
        public struct Encoding: Sendable {
            public static let utf8 = Encoding()
        }

        public init?(data: __shared Data, encoding: Encoding) { return nil }
    }
#endif
