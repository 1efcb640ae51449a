import Glibc

/// Prints without buffering between lines, so that a pipe sees each line when it is written.
public func say(_ line: String) {
    put(line + "\n", STDOUT_FILENO)
}

/// Says why a command ends.
public func complain(_ message: String) {
    put("armadio: \(message)\n", STDERR_FILENO)
}

/// Prints a line on standard error as it is: `file:line:column: ...` stays clickable.
public func complainPlainly(_ line: String) {
    put(line + "\n", STDERR_FILENO)
}

/// Writes text on standard error as it is.
public func writeError(_ text: String) {
    put(text, STDERR_FILENO)
}

/// Writes text as it is. A reader that is gone ends the command quietly, as it does any filter.
public func write(_ text: String) {
    put(text, STDOUT_FILENO)
}

/// Writes bytes as they are.
public func write(_ bytes: [UInt8]) {
    put(bytes, STDOUT_FILENO)
}

private func put(_ text: String, _ descriptor: Int32) {
    put(Array(text.utf8), descriptor)
}

private func put(_ bytes: [UInt8], _ descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        rest.removeFirst(count)
    }
}

/// Whether standard output may be coloured: on a terminal that can, unless NO_COLOR is set to
/// anything (no-color.org).
public var isColourful: Bool {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    return isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
}
