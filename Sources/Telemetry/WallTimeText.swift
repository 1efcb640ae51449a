/// Wall times as ISO 8601 in UTC, such as `2026-11-25T10:00:00.250Z`: to the microsecond, without
/// zeros at the end.
extension WallTime: CustomStringConvertible {
    public var description: String {
        let (seconds, nanoseconds) = nanosecondsSince1970.dividedDown(by: 1_000_000_000)
        let (days, second) = seconds.dividedDown(by: 86_400)
        let (year, month, day) = WallTime.civil(days: days)
        let text =
            "\(year.digits(4))-\(month.digits(2))-\(day.digits(2))T"
            + "\((second / 3600).digits(2)):\((second / 60 % 60).digits(2)):\((second % 60).digits(2))"
        return text + WallTime.fraction(nanoseconds / 1000) + "Z"
    }

    private static func fraction(_ microseconds: Int64) -> String {
        guard microseconds != 0 else { return "" }
        var digits = microseconds.digits(6)
        while digits.last == "0" { digits.removeLast() }
        return "." + digits
    }

    /// Reads `2026-11-25T10:00:00Z`, also without seconds or with a fraction of them, and with a
    /// zone such as `+01:00`. A time without a zone is UTC, and a date alone its beginning. Nil if
    /// the text is none, or out of what 64 bits of nanoseconds hold (1678 to 2262).
    public init?(_ text: String) {
        let parts = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        guard let days = parts.first.flatMap(WallTime.days) else { return nil }
        var nanoseconds: Int64 = 0
        if parts.count == 2 {
            guard let ofDay = WallTime.nanosecondsOfDay(parts[1]) else { return nil }
            nanoseconds = ofDay
        }
        let (product, overflow) = days.multipliedReportingOverflow(by: 86_400_000_000_000)
        let (sum, carried) = product.addingReportingOverflow(nanoseconds)
        guard !overflow, !carried else { return nil }
        self.init(nanosecondsSince1970: sum)
    }

    private static func days(_ text: Substring) -> Int64? {
        let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers[0].count == 4, let year = number(numbers[0]),
            let month = number(numbers[1]), let day = number(numbers[2]), (1...12).contains(month)
        else { return nil }
        let days = daysSince1970(year, month, day)
        // A day that its month does not have comes back as another.
        return civil(days: days) == (year, month, day) ? days : nil
    }

    private static func nanosecondsOfDay(_ text: Substring) -> Int64? {
        let end = text.lastIndex { "Z+-".contains($0) } ?? text.endIndex
        guard let zone = zoneSeconds(text[end...]) else { return nil }
        let parts = text[..<end].split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0]),
            let minute = number(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        let seconds = parts.count == 3 ? parts[2] : "00"
        let halves = seconds.split(separator: ".", omittingEmptySubsequences: false)
        guard let second = halves.first.flatMap(number), (0..<60).contains(second) else {
            return nil
        }
        var nanoseconds: Int64 = 0
        if halves.count > 1 {
            let digits = halves[1].prefix(9)
            guard halves.count == 2, let value = number(digits) else { return nil }
            nanoseconds = value * (0..<(9 - digits.count)).reduce(1) { power, _ in power * 10 }
        }
        return (hour * 3600 + minute * 60 + second - zone) * 1_000_000_000 + nanoseconds
    }

    private static func zoneSeconds(_ text: Substring) -> Int64? {
        if text.isEmpty || text == "Z" { return 0 }
        let parts = text.dropFirst().split(separator: ":")
        guard parts.count == 2, let hours = number(parts[0]), let minutes = number(parts[1]),
            hours < 24, minutes < 60
        else { return nil }
        return (text.first == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func number(_ digits: Substring) -> Int64? {
        digits.allSatisfy { ("0"..."9").contains($0) } ? Int64(digits) : nil
    }

    /// Howard Hinnant's days_from_civil: years begin in March, eras have 400 of them.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = marchYear.dividedDown(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    /// The reverse, civil_from_days.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).dividedDown(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int64 {
    fileprivate func dividedDown(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    fileprivate func digits(_ count: Int) -> String {
        let text = String(self)
        return String(repeating: "0", count: Swift.max(0, count - text.utf8.count)) + text
    }
}
