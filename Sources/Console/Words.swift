/// A number with so many decimals.
public func decimal(_ number: Double, _ places: Int) -> String {
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
public func timeSpan(_ seconds: Double) -> String {
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
public func byteSize(_ bytes: UInt64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var size = Double(bytes)
    var index = 0
    while size >= 1024 && index < units.count - 1 {
        size /= 1024
        index += 1
    }
    return decimal(size, index == 0 ? 0 : 1) + " " + units[index]
}

/// A time span in its largest unit alone, for columns: `12 s`, `3 min`, `5 d`.
public func roundSpan(_ seconds: Double) -> String {
    let units: [(String, Double)] = [("d", 86400), ("h", 3600), ("min", 60)]
    let seconds = seconds.isFinite ? max(seconds, 0) : 0
    guard let (name, size) = units.first(where: { seconds >= $0.1 }) else {
        return decimal(seconds.rounded(.down), 0) + " s"
    }
    return decimal((seconds / size).rounded(.down), 0) + " \(name)"
}
