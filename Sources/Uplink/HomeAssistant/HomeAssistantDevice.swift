import Telemetry

/// A device's points, as many as one message holds, and how they are now.
struct HomeAssistantDevice {
    /// The most points of one discovery payload and one state: with names of 64 characters, 70 KiB of discovery. A device with
    /// more is told in parts.
    static let pointLimit = 60
    /// The longest text of a state: Home Assistant takes 255 characters.
    static let textLimit = 255

    struct Member {
        var roster: Presence.RosterPoint
        /// What its values are; nil as long as none was seen.
        var kind: ValueKind?
        /// The last value; nil if the last reading was not good.
        var value: Value?
        /// When that was read, on the present boot's clock.
        var instant: Instant?
    }

    var name: String
    /// Counted from 0.
    var part: Int
    var members: [Member] = []
    /// Whether what discovery tells has changed since it was told.
    var isNews = false

    /// Takes over a reading unless a newer one is known; returns whether it did.
    mutating func update(_ place: Int, _ reading: Reading) -> Bool {
        if let newest = members[place].instant, reading.instant < newest { return false }
        members[place].instant = reading.instant
        members[place].value = reading.quality.isGood ? reading.value : nil
        if case .double(let number) = members[place].value, !number.isFinite {
            members[place].value = nil
        }
        if let kind = members[place].value?.kind, kind != members[place].kind {
            let platform = members[place].kind.map { self.platform($0, place) }
            members[place].kind = kind
            isNews = isNews || platform != self.platform(kind, place)
        }
        return true
    }

    private func platform(_ kind: ValueKind, _ place: Int) -> HomeAssistantPlatform {
        HomeAssistantPlatform(kind, isCommandable: members[place].roster.isCommandable)
    }

    /// `{"voltage":230.1,"door":true,"current":null}`; what is behind `limit` bytes is left out,
    /// which counts as not available.
    func state(limit: Int) -> [UInt8] {
        var json = JSONWriter(capacity: 1024)
        json.append("{")
        for member in members {
            let start = json.count
            if json.count > 1 { json.append(",") }
            json.append(string: member.roster.point.name)
            json.append(":")
            switch member.value {
            case nil: json.append("null")
            case .string(let text): json.append(string: String(text.prefix(Self.textLimit)))
            case .some(let value): value.append(to: &json)
            }
            if json.count + 1 > limit { json.truncate(to: start) }
        }
        json.append("}")
        return Array(json.bytes)
    }
}

extension Value {
    /// The kind that it is.
    fileprivate var kind: ValueKind {
        switch self {
        case .bool: .bool
        case .int64: .int64
        case .uint64: .uint64
        case .double: .double
        case .string: .string
        }
    }
}
