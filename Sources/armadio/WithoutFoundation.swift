import Console

// What the argument parser takes of FoundationEssentials: a protocol, and JSON for its option
// `--experimental-dump-help`. The linker gives what is here the names that the parser's object file
// asks for (`withoutFoundation` in Package.swift), and so none of that library is in the release
// binary: 5 MB less of program, 2 MB less of memory. A debug build has the library itself.

/// The shape of `FoundationEssentials.LocalizedError`, which errors are asked for and none of ours
/// has: the same requirements in the same order.
public protocol DescribedError: Error {
    var errorDescription: String? { get }
    var failureReason: String? { get }
    var recoverySuggestion: String? { get }
    var helpAnchor: String? { get }
}

/// Stands in for the encoder of that dump.
@_cdecl("armadio_no_help_as_json")
public func noHelpAsJSON() {
    complain("there is no help as JSON in this binary; a debug build has it")
    Armadio.exit(withError: Exit.badUsage)
}
