import Telemetry

/// What is looked at in a cabinet's configuration and in a profile alike.
extension SettingsFile {
    /// 10 ms to a day: faster than any bus here answers, slower than any cabinet is watched.
    static let intervals = Duration.milliseconds(10) ... .seconds(86400)

    /// Looks at what every point has.
    func check(_ points: NamedList<PointSettings>, at path: [String]) {
        for (point, settings) in points.entries {
            let path = path + ["points", point]
            if !Self.isName(point) { badName(path, point, isKey: true) }
            if let interval = settings.interval {
                within(interval, Self.intervals, path + ["interval"])
            }
            if let deadband = settings.deadband, deadband < 0 {
                report(path + ["deadband"], "`deadband` is negative", "write 0 or more")
            }
        }
    }

    /// Whether a text can name a gateway, a device, a point or a profile: 1 to 64 characters of
    /// RFC 8428 section 4.5.1 without `/`, which separates gateway, device and point.
    public static func isName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let bytes = Array(name.utf8)
        guard (1...64).contains(bytes.count), isAlphanumeric(bytes[0]) else { return false }
        return bytes.allSatisfy { isAlphanumeric($0) || "-:._".utf8.contains($0) }
    }

    func badName(_ path: [String], _ name: String, isKey: Bool) {
        let problem = SettingsProblem(
            path: path, what: "`\(name.prefix(80))` cannot be a name",
            mend: "use 1 to 64 of A-Z a-z 0-9 - : . _ and begin with a letter or digit")
        report(problem, atKey: isKey)
    }

    func within<Value: Comparable>(
        _ value: Value, _ range: ClosedRange<Value>, _ path: [String]
    ) {
        guard !range.contains(value) else { return }
        let (low, high) = (Self.text(range.lowerBound), Self.text(range.upperBound))
        report(
            path, "`\(path.last ?? "")` is \(Self.text(value)), which is out of range",
            "write \(low) to \(high)")
    }

    private static func text(_ value: some Comparable) -> String {
        (value as? Duration)?.text ?? "\(value)"
    }

    /// Beyond the limit problems are only counted, and need no advice.
    func report(_ path: [String], _ what: String, _ mend: @autoclosure () -> String) {
        report(SettingsProblem(path: path, what: what, mend: isFull ? "" : mend()))
    }
}
