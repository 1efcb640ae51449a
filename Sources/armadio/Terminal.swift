import FoundationEssentials
import Glibc

/// Prints without buffering between lines, so that a pipe sees each line when it is written.
func say(_ line: String) {
    put(line + "\n", STDOUT_FILENO)
}

/// Says why a command ends.
func complain(_ message: String) {
    put("armadio: \(message)\n", STDERR_FILENO)
}

/// Prints a line on standard error as it is: `file:line:column: ...` stays clickable.
func complainPlainly(_ line: String) {
    put(line + "\n", STDERR_FILENO)
}

/// Writes text on standard error as it is.
func writeError(_ text: String) {
    put(text, STDERR_FILENO)
}

/// Writes text as it is. A reader that is gone ends the command quietly, as it does any filter.
func write(_ text: String) {
    put(text, STDOUT_FILENO)
}

private func put(_ text: String, _ descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return }
        rest.removeFirst(count)
    }
}

/// Whether standard output may be coloured: on a terminal that can, unless NO_COLOR is set to
/// anything (no-color.org).
var isColourful: Bool {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    return isatty(STDOUT_FILENO) == 1 && variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
}

/// A value as pretty JSON with sorted keys.
func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// Rows under headings, columns as wide as their widest cell; numbers stand right.
func table(_ headings: [String], _ rows: [[String]]) -> String {
    let all = [headings] + rows
    let widths = headings.indices.map { column in
        all.map { $0[column].count }.max() ?? 0
    }
    let isNumeric = headings.indices.map { column in
        !rows.isEmpty && rows.allSatisfy { Double($0[column]) != nil || $0[column] == "-" }
    }
    return all.map { row in
        var line = row.indices.map { column in
            pad(row[column], to: widths[column], onLeft: isNumeric[column])
        }.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }.joined(separator: "\n")
}

private func pad(_ text: String, to width: Int, onLeft: Bool) -> String {
    let blanks = String(repeating: " ", count: max(0, width - text.count))
    return onLeft ? blanks + text : text + blanks
}

/// A number with so many decimals.
func decimal(_ number: Double, _ places: Int) -> String {
    var power = 1.0
    for _ in 0..<places { power *= 10 }
    let whole = (number.magnitude * power).rounded()
    guard whole < 1e15 else { return "\(number)" }
    let digits = String(Int64(whole))
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    let sign = number < 0 && whole > 0 ? "-" : ""
    guard places > 0 else { return sign + padded }
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
}

/// A time span as a person says it: `3 d 4 h`, `12 min 5 s`, `1.5 s`.
func timeSpan(_ seconds: Double) -> String {
    let units: [(String, Double)] = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    guard let first = units.firstIndex(where: { seconds >= $0.1 }), first < 3 else {
        return decimal(seconds, seconds < 10 ? 1 : 0) + " s"
    }
    let (name, size) = units[first]
    let (nextName, nextSize) = units[first + 1]
    let whole = (seconds / size).rounded(.down)
    let rest = ((seconds - whole * size) / nextSize).rounded(.down)
    return "\(Int(whole)) \(name)" + (rest > 0 ? " \(Int(rest)) \(nextName)" : "")
}

/// A size as a person says it: `12.3 MiB`.
func byteSize(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var size = Double(bytes)
    var index = 0
    while size >= 1024 && index < units.count - 1 {
        size /= 1024
        index += 1
    }
    return decimal(size, index == 0 ? 0 : 1) + " " + units[index]
}
